"""PersistentVolumes (core ValidatePersistentVolume)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from miniapi.meta import names, quantity
from miniapi.meta.objects import Object
from miniapi.validation import field, rules, volumes
from miniapi.validation.field import ErrorList, child
from miniapi.validation.interface import Validation
from miniapi.validation.internal import difference, internal
from miniapi.validation.scheduling import node_selector
from miniapi.validation.volume_claim import ACCESS_MODES

Source = Mapping[str, Any]
_RECLAIM = ("Delete", "Recycle", "Retain")
_ONE = "may not specify more than 1 volume type"


def _requires(*keys: str) -> Callable[[Source, str], ErrorList]:
    return lambda source, path: rules.required_fields(source, path, *keys)


def _secret_ref(ref: Source | None, path: str) -> ErrorList:
    return [] if ref is None else rules.required_fields(ref, path, "name", "namespace")


def _valid_secret_ref(ref: Source | None, path: str) -> ErrorList:
    """validatePVSecretReference."""
    if ref is None:
        return []
    name, namespace = ref.get("name") or "", ref.get("namespace") or ""
    errors = rules.dns_subdomain(child(path, "name"), name) if name else [field.required(child(path, "name"))]
    at = child(path, "namespace")
    return errors + (rules.dns_label(at, namespace) if namespace else [field.required(at)])


def _storage_os(source: Source, path: str) -> ErrorList:
    errors = rules.required_dns_label(child(path, "volumeName"), source.get("volumeName"))
    if namespace := source.get("volumeNamespace"):
        errors += rules.dns_label(child(path, "volumeNamespace"), namespace)
    return errors + _secret_ref(source.get("secretRef"), child(path, "secretRef"))


def _glusterfs(source: Source, path: str) -> ErrorList:
    errors = rules.required_fields(source, path, "endpoints", "path")
    namespace = source.get("endpointsNamespace")
    if namespace is None:
        return errors
    at = child(path, "endpointsNamespace")
    if not namespace:
        why = "if the endpointnamespace is set, it must be a valid namespace name"
        return [*errors, field.invalid(at, namespace, why)]
    return errors + rules.dns_label(at, namespace)


def _iscsi(source: Source, path: str) -> ErrorList:
    errors = rules.required_fields(source, path, "targetPortal")
    if not source.get("iqn"):
        errors.append(field.required(child(path, "iqn")))
    elif not volumes.is_iqn(source["iqn"]):
        errors.append(field.invalid(child(path, "iqn"), source["iqn"], "must be valid format"))
    errors += rules.within(child(path, "lun"), source.get("lun") or 0, 0, 255)
    chap = source.get("chapAuthDiscovery") or source.get("chapAuthSession")
    if chap and source.get("secretRef") is None:
        errors.append(field.required(child(path, "secretRef")))
    if source.get("secretRef") is not None:
        errors += rules.required_fields(source["secretRef"], child(path, "secretRef"), "name")
    initiator = source.get("initiatorName")
    if initiator is not None and not volumes.is_iqn(initiator):
        errors.append(field.invalid(child(path, "initiatorname"), initiator, "must be valid format"))
    return errors


def _local(source: Source, path: str) -> ErrorList:
    errors = rules.required_fields(source, path, "path")
    return errors + rules.no_backsteps(child(path, "path"), source.get("path") or "")


def _csi(source: Source, path: str) -> ErrorList:
    errors = rules.csi_driver_name(child(path, "driver"), source.get("driver") or "")
    errors += rules.required_fields(source, path, "volumeHandle")
    for name in (
        "controllerPublishSecretRef",
        "controllerExpandSecretRef",
        "nodePublishSecretRef",
        "nodeExpandSecretRef",
    ):
        errors += _valid_secret_ref(source.get(name), child(path, name))
    return errors


def _azure_file(source: Source, path: str) -> ErrorList:
    errors = rules.required_fields(source, path, "secretName", "shareName")
    if source.get("secretNamespace") == "":
        errors.append(field.required(child(path, "secretNamespace")))
    return errors


def _secret_named(*keys: str) -> Callable[[Source, str], ErrorList]:
    def check(source: Source, path: str) -> ErrorList:
        return rules.required_fields(source, path, *keys) + _secret_ref(
            source.get("secretRef"), child(path, "secretRef")
        )

    return check


_SOURCES: Mapping[str, tuple[str, str, Callable[[Source, str], ErrorList]]] = {
    "hostPath": ("HostPath", "hostPath", volumes.host_path),
    "gcePersistentDisk": ("GCEPersistentDisk", "persistentDisk", volumes.disk("pdName")),
    "awsElasticBlockStore": ("AWSElasticBlockStore", "awsElasticBlockStore", volumes.disk("volumeID")),
    "glusterfs": ("Glusterfs", "glusterfs", _glusterfs),
    "flocker": ("Flocker", "flocker", volumes.flocker),
    "nfs": ("NFS", "nfs", volumes.nfs),
    "rbd": ("RBD", "rbd", _requires("monitors", "image")),
    "quobyte": ("Quobyte", "quobyte", volumes.quobyte),
    "cephfs": ("CephFS", "cephfs", _requires("monitors")),
    "iscsi": ("ISCSI", "iscsi", _iscsi),
    "cinder": ("Cinder", "cinder", _secret_named("volumeID")),
    "fc": ("FC", "fc", volumes.fc),
    "flexVolume": ("FlexVolume", "flexVolume", volumes.flex_volume),
    "azureFile": ("AzureFile", "azureFile", _azure_file),
    "vsphereVolume": ("VsphereVolume", "vsphereVolume", _requires("volumePath")),
    "photonPersistentDisk": ("PhotonPersistentDisk", "photonPersistentDisk", _requires("pdID")),
    "portworxVolume": ("PortworxVolume", "portworxVolume", _requires("volumeID")),
    "azureDisk": ("AzureDisk", "azureDisk", volumes.azure_disk),
    "scaleIO": ("ScaleIO", "scaleIO", _requires("gateway", "system", "volumeName")),
    "local": ("Local", "local", _local),
    "storageos": ("StorageOS", "storageos", _storage_os),
    "csi": ("CSI", "csi", _csi),
}
"""In the original's order: JSON name -> (Go name, name in paths, rule)."""


def access_modes(modes: list[str], path: str) -> ErrorList:
    """Known modes, ReadWriteOncePod alone."""
    errors = [field.not_supported(path, mode, ACCESS_MODES) for mode in modes if mode not in ACCESS_MODES]
    known = {mode for mode in modes if mode in ACCESS_MODES}
    if "ReadWriteOncePod" in known and len(known) > 1:
        errors.append(field.forbidden(path, "may not use ReadWriteOncePod with other access modes"))
    return errors


def _capacity(capacity: dict[str, str], path: str) -> ErrorList:
    errors: ErrorList = []
    if not capacity:
        errors.append(field.required(path))
    if list(capacity) != ["storage"]:
        errors.append(field.not_supported(path, dict(sorted(capacity.items())) or None, ["storage"]))
    for name, value in capacity.items():
        number, at = rules.amount(value), field.key(path, name)
        if quantity.sign(number) < 0:
            why = "must be a valid resource quantity"
            errors.append(field.invalid(at, quantity.scaled_value(number), why))
        if quantity.sign(number) <= 0:
            errors.append(field.invalid(at, str(number), rules.NOT_POSITIVE))
    return errors


def _sources(spec: Source, path: str, has_affinity: bool, volume: str) -> ErrorList:
    errors: ErrorList = []
    found = False
    for name, (_go, shown, check) in _SOURCES.items():
        source = spec.get(name)
        if source is None:
            continue
        if found and name != "flexVolume":
            errors.append(field.forbidden(child(path, "cephFS" if name == "cephfs" else name), _ONE))
            continue
        found = True
        if name == "iscsi":
            portal = source.get("targetPortal", "")
            errors += volumes.initiator_length(source, volume, child(path, shown, "targetportal"), portal)
        errors += check(source, child(path, shown))
        if name == "local" and not has_affinity:
            errors.append(field.required(child(path, "nodeAffinity"), "Local volume requires node affinity"))
    return errors if found else [*errors, field.required(path, "must specify a volume type")]


def _affinity(affinity: Source | None, path: str) -> tuple[bool, ErrorList]:
    if affinity is None:
        return False, []
    at = child(path, "required")
    if affinity.get("required") is None:
        return True, [field.required(at, "must specify required node constraints")]
    return True, node_selector(affinity["required"], at)


_INLINE = "in the context of inline volumes"


def _inline(spec: Source, path: str) -> ErrorList:
    """What a volume that is part of an attachment does without."""
    unfit = [name for name in ("claimRef", "capacity") if spec.get(name)]
    errors = [field.forbidden(child(path, name), f"may not be specified {_INLINE}") for name in unfit]
    if spec.get("csi") is None:
        errors.append(field.required(child(path, "csi"), f"has to be specified {_INLINE}"))
    return errors


def _only_inline(spec: Source, path: str, name: str, value: str) -> ErrorList:
    if (spec.get(name) or value) == value:
        return []
    which = f"may only be {value}" if name != "volumeMode" else f"may not specify volumeMode other than {value}"
    return [field.forbidden(child(path, name), f"{which} {_INLINE}")]


def volume_spec(spec: Source, path: str, name: str = "", *, inline: bool = False) -> ErrorList:
    """ValidatePersistentVolumeSpec of the volume of that name: access modes, capacity, exactly one source."""
    errors = _inline(spec, path) if inline else []
    modes, at = spec.get("accessModes") or [], child(path, "accessModes")
    errors += [] if modes else [field.required(at)]
    errors += access_modes(modes, at)
    reclaim, reclaim_at = spec.get("persistentVolumeReclaimPolicy"), child(path, "persistentVolumeReclaimPolicy")
    if inline:
        errors += _only_inline(spec, path, "persistentVolumeReclaimPolicy", "Retain")
    else:
        errors += _capacity(spec.get("capacity") or {}, child(path, "capacity"))
        errors += rules.optional_choice(reclaim_at, reclaim or None, _RECLAIM)
    has_affinity, affinity_errors = _affinity(spec.get("nodeAffinity"), child(path, "nodeAffinity"))
    errors += affinity_errors + _sources(spec, path, has_affinity, name)
    host_path = (spec.get("hostPath") or {}).get("path")
    if host_path and posixpath.normpath(host_path) == "/" and reclaim == "Recycle":
        errors.append(field.forbidden(reclaim_at, "may not be 'recycle' for a hostPath mount of '/'"))
    if inline:
        if spec.get("storageClassName"):
            errors.append(field.forbidden(child(path, "storageClassName"), f"may not be specified {_INLINE}"))
        return errors + _only_inline(spec, path, "volumeMode", "Filesystem")
    if spec.get("storageClassName"):
        errors += rules.dns_subdomain(child(path, "storageClassName"), spec["storageClassName"])
    errors += rules.optional_choice(child(path, "volumeMode"), spec.get("volumeMode"), ("Block", "Filesystem"))
    return errors + _attributes_class(spec, path)


def _attributes_class(spec: Source, path: str) -> ErrorList:
    name, at = spec.get("volumeAttributesClassName"), child(path, "volumeAttributesClassName")
    if name is None:
        return []
    errors = rules.dns_subdomain(at, name) if name else [field.required(at, "an empty string is disallowed")]
    if spec.get("csi") is None:
        why = "has to be specified when using volumeAttributesClassName"
        errors.append(field.required(child(path, "csi"), why))
    return errors


_OPTIONS = "volume.beta.kubernetes.io/mount-options"
_MOUNTED = (
    "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "nfs", "rbd", "quobyte", "iscsi", "cinder", "cephfs",
    "azureFile", "vsphereVolume", "azureDisk", "photonPersistentDisk",
)  # fmt: skip
"""Sources that take mount options."""


def create(obj: Object) -> ErrorList:
    """The spec, and mount options only for what is mounted."""
    spec = obj.get("spec") or {}
    errors = volume_spec(spec, "spec", obj["metadata"].get("name", ""))
    if _OPTIONS in (obj["metadata"].get("annotations") or {}) and not any(spec.get(name) for name in _MOUNTED):
        why = "may not specify mount options for this volume type"
        errors.append(field.forbidden(f"metadata.annotations.{_OPTIONS}", why))
    return errors


def update(obj: Object, old: Object) -> ErrorList:
    """As create; the source stays, and so does the mode and a node affinity once it is set."""
    new, before = obj.get("spec") or {}, old.get("spec") or {}
    errors = create(obj) + volume_spec(new, "spec", obj["metadata"].get("name", ""))
    if before.get("csi") and new.get("csi") and not before["csi"].get("controllerExpandSecretRef"):
        new = {**new, "csi": {k: v for k, v in new["csi"].items() if k != "controllerExpandSecretRef"}}
    if change := difference("PersistentVolumeSource", before, new):
        why = f"spec.persistentvolumesource is immutable after creation\n{change}"
        errors.append(field.forbidden("spec.persistentvolumesource", why))
    errors += field.immutable("volumeMode", new.get("volumeMode"), before.get("volumeMode"))
    affinity = before.get("nodeAffinity")
    if affinity is not None and affinity != new.get("nodeAffinity"):
        why = f"{field.IMMUTABLE}, except for updating from beta label to GA"
        shown = new.get("nodeAffinity")
        shown = None if shown is None else internal("VolumeNodeAffinity", shown)
        errors.append(field.invalid("nodeAffinity", shown, why))
    if before.get("volumeAttributesClassName") is not None and new.get("volumeAttributesClassName") is None:
        why = "update from non-nil value to nil is forbidden"
        errors.append(field.forbidden("spec.volumeAttributesClassName", why))
    return errors


VALIDATION = Validation(create, update, names.name_is_dns_subdomain, update_metadata=("whole", "whole"))
