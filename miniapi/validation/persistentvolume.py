"""PersistentVolumes (core ValidatePersistentVolume)."""

from __future__ import annotations

import difflib
import json
import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from miniapi.meta import names, quantity
from miniapi.meta.objects import Object
from miniapi.validation import field, rules, volumes
from miniapi.validation.field import ErrorList, child
from miniapi.validation.interface import Validation
from miniapi.validation.scheduling import node_selector
from miniapi.validation.volume_claim import ACCESS_MODES

Source = Mapping[str, Any]
_RECLAIM = ("Delete", "Recycle", "Retain")
_ONE = "may not specify more than 1 volume type"


def _requires(*keys: str) -> Callable[[Source, str], ErrorList]:
    return lambda source, path: rules.required_fields(source, path, *keys)


def _secret_ref(ref: Source | None, path: str) -> ErrorList:
    return [] if ref is None else rules.required_fields(ref, path, "name", "namespace")


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
    elif not source["iqn"].startswith(("iqn", "eui", "naa")):
        why = "must be valid format starting with iqn, eui, or naa"
        errors.append(field.invalid(child(path, "iqn"), source["iqn"], why))
    errors += rules.within(child(path, "lun"), source.get("lun") or 0, 0, 255)
    chap = source.get("chapAuthDiscovery") or source.get("chapAuthSession")
    if chap and source.get("secretRef") is None:
        errors.append(field.required(child(path, "secretRef")))
    if source.get("secretRef") is not None:
        errors += rules.required_fields(source["secretRef"], child(path, "secretRef"), "name")
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
        errors += _secret_ref(source.get(name), child(path, name))
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
    "storageos": ("StorageOS", "storageos", _requires("volumeName")),
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
        errors.append(field.not_supported(path, capacity or None, ["storage"]))
    for name, value in capacity.items():
        number, at = rules.amount(value), field.key(path, name)
        if quantity.sign(number) < 0:
            why = "must be a valid resource quantity"
            errors.append(field.invalid(at, quantity.scaled_value(number), why))
        if quantity.sign(number) <= 0:
            errors.append(field.invalid(at, str(number), rules.NOT_POSITIVE))
    return errors


def _sources(spec: dict[str, Any], has_affinity: bool) -> ErrorList:
    errors: ErrorList = []
    found = False
    for name, (_go, path, check) in _SOURCES.items():
        source = spec.get(name)
        if source is None:
            continue
        if found and name != "flexVolume":
            errors.append(field.forbidden(child("spec", "cephFS" if name == "cephfs" else name), _ONE))
            continue
        found = True
        errors += check(source, child("spec", path))
        if name == "local" and not has_affinity:
            errors.append(field.required("spec.nodeAffinity", "Local volume requires node affinity"))
    return errors if found else [*errors, field.required("spec", "must specify a volume type")]


def _affinity(affinity: dict[str, Any] | None) -> tuple[bool, ErrorList]:
    if affinity is None:
        return False, []
    if affinity.get("required") is None:
        return False, [field.required("spec.nodeAffinity.required", "must specify required node constraints")]
    return True, node_selector(affinity["required"], "spec.nodeAffinity.required")


def create(obj: Object) -> ErrorList:
    """Access modes, capacity, exactly one source."""
    spec = obj.get("spec") or {}
    modes = spec.get("accessModes") or []
    errors = [] if modes else [field.required("spec.accessModes")]
    errors += access_modes(modes, "spec.accessModes") + _capacity(spec.get("capacity") or {}, "spec.capacity")
    reclaim = spec.get("persistentVolumeReclaimPolicy")
    errors += rules.optional_choice("spec.persistentVolumeReclaimPolicy", reclaim or None, _RECLAIM)
    has_affinity, affinity_errors = _affinity(spec.get("nodeAffinity"))
    errors += affinity_errors + _sources(spec, has_affinity)
    path = (spec.get("hostPath") or {}).get("path")
    if path and posixpath.normpath(path) == "/" and reclaim == "Recycle":
        why = "may not be 'recycle' for a hostPath mount of '/'"
        errors.append(field.forbidden("spec.persistentVolumeReclaimPolicy", why))
    if spec.get("storageClassName"):
        errors += rules.dns_subdomain("spec.storageClassName", spec["storageClassName"])
    errors += rules.optional_choice("spec.volumeMode", spec.get("volumeMode"), ("Block", "Filesystem"))
    if (name := spec.get("volumeAttributesClassName")) is not None:
        at = "spec.volumeAttributesClassName"
        errors += rules.dns_subdomain(at, name) if name else [field.required(at, "an empty string is disallowed")]
        if spec.get("csi") is None:
            errors.append(field.required("spec.csi", "has to be specified when using volumeAttributesClassName"))
    return errors


def _source_of(spec: dict[str, Any]) -> dict[str, Any]:
    return {go: spec.get(name) for name, (go, _path, _check) in _SOURCES.items()}


def _source_change(new: dict[str, Any], old: dict[str, Any]) -> str:
    before, after = (json.dumps(_source_of(s), indent=1, ensure_ascii=False).split("\n") for s in (old, new))
    return "\n".join(list(difflib.unified_diff(before, after, lineterm=""))[2:])


def update(obj: Object, old: Object) -> ErrorList:
    """As create; the source stays, and so does the mode and a node affinity once it is set."""
    errors = create(obj)
    new, before = obj.get("spec") or {}, old.get("spec") or {}
    if before.get("csi") and new.get("csi") and not before["csi"].get("controllerExpandSecretRef"):
        new = {**new, "csi": {k: v for k, v in new["csi"].items() if k != "controllerExpandSecretRef"}}
    if change := _source_change(new, before):
        why = f"spec.persistentvolumesource is immutable after creation\n{change}\n"
        errors.append(field.forbidden("spec.persistentvolumesource", why))
    errors += field.immutable("volumeMode", new.get("volumeMode"), before.get("volumeMode"))
    affinity = before.get("nodeAffinity")
    if affinity is not None and affinity != new.get("nodeAffinity"):
        why = f"{field.IMMUTABLE}, except for updating from beta label to GA"
        errors.append(field.invalid("nodeAffinity", new.get("nodeAffinity"), why))
    if before.get("volumeAttributesClassName") is not None and new.get("volumeAttributesClassName") is None:
        why = "update from non-nil value to nil is forbidden"
        errors.append(field.forbidden("spec.volumeAttributesClassName", why))
    return errors


VALIDATION = Validation(create, update, names.name_is_dns_subdomain)
