"""Volumes of a pod (ValidateVolumes)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miniapi.meta import names, quantity
from miniapi.validation import field, rules
from miniapi.validation.downward import downward_api_file
from miniapi.validation.field import ErrorList
from miniapi.validation.metadata import template_metadata
from miniapi.validation.projected import key_to_path, projected
from miniapi.validation.volume_claim import volume_claim_spec

Source = Mapping[str, Any]
HOST_PATH_TYPES = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
)  # fmt: skip
_IQN = re.compile(r"iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$")
_EUI = re.compile(r"^eui.[A-Za-z0-9]{16}$")
_NAA = re.compile(r"^naa.[A-Za-z0-9]{32}$")


def volumes(values: Sequence[Source], path: str, pod_name: str = "") -> tuple[dict[str, Source], ErrorList]:
    """The good volumes by name, and what is wrong with the others. `pod_name` is empty in a template."""
    errors: ErrorList = []
    good: dict[str, Source] = {}
    created = {f"{pod_name}-{v.get('name', '')}" for v in values if pod_name and v.get("ephemeral") is not None}
    for i, volume in enumerate(values):
        at, name = field.index(path, i), volume.get("name") or ""
        wrong = _source(volume, at, name, pod_name)
        wrong += rules.required_dns_label(field.child(at, "name"), name)
        if name in good:
            wrong.append(field.duplicate(field.child(at, "name"), name))
        if not wrong:
            good[name] = volume
        errors += wrong
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim in created:
            why = "must not reference a PVC that gets created for an ephemeral volume"
            errors.append(field.invalid(field.child(at, "persistentVolumeClaim", "claimName"), claim, why))
    return good, errors


def _source(volume: Source, path: str, name: str, pod_name: str) -> ErrorList:
    errors: ErrorList = []
    found = False
    for key, (shown, rule) in _SOURCES.items():
        source = volume.get(key)
        if source is None:
            continue
        if found:
            why = "may not specify more than 1 volume type"
            errors.append(field.forbidden(field.child(path, _FORBIDDEN_AS.get(key, key)), why))
        else:
            errors += rule(source, field.child(path, shown))
            if key == "ephemeral":
                errors += _ephemeral_name(path, name, pod_name)
        if key == "iscsi":
            errors += initiator_length(source, name, field.child(path, "name"), name)
        found = True
    return errors if found else [field.required(path, "must specify a volume type")]


def _ephemeral_name(path: str, name: str, pod_name: str) -> ErrorList:
    if not pod_name or not name:
        return []
    claim = f"{pod_name}-{name}"
    return rules.each(field.child(path, "name"), name, [f'PVC name "{claim}": {m}' for m in names.dns_subdomain(claim)])


def initiator_length(source: Source, name: str, path: str, value: str) -> ErrorList:
    """The volume's name and the portal are short where an initiator is named; path and value are what is told of."""
    if source.get("initiatorName") is None or names.size(f"{name}:{source.get('targetPortal', '')}") <= 64:
        return []
    why = (
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters "
        "if iscsi.initiatorName is specified."
    )
    return [field.invalid(path, value, why)]


def _empty_dir(source: Source, path: str) -> ErrorList:
    limit = source.get("sizeLimit")
    if limit is not None and quantity.sign(rules.amount(limit)) < 0:
        return [field.forbidden(field.child(path, "sizeLimit"), "SizeLimit field must be a valid resource quantity")]
    return []


def host_path(source: Source, path: str) -> ErrorList:
    """A path without `..`, of a known type."""
    at, value = field.child(path, "path"), source.get("path") or ""
    if not value:
        return [field.required(at)]
    errors = rules.no_backsteps(at, value)
    return errors + rules.optional_choice(field.child(path, "type"), source.get("type"), HOST_PATH_TYPES)


def _git_repo(source: Source, path: str) -> ErrorList:
    errors = rules.required_fields(source, path, "repository")
    return errors + rules.descending_path(field.child(path, "directory"), source.get("directory") or "")


def disk(key: str) -> Callable[[Source, str], ErrorList]:
    """A cloud disk named by `key`, with a partition."""

    def rule(source: Source, path: str) -> ErrorList:
        errors = rules.required_fields(source, path, key)
        partition = source.get("partition") or 0
        if not 0 <= partition <= 255:
            errors.append(field.invalid(field.child(path, "partition"), partition, names.in_range(1, 255)))
        return errors

    return rule


def _requires(*keys: str) -> Callable[[Source, str], ErrorList]:
    return lambda source, path: rules.required_fields(source, path, *keys)


def _items(source: Source, path: str, name: str) -> ErrorList:
    errors = rules.required_fields(source, path, name)
    errors += rules.file_mode(field.child(path, "defaultMode"), source.get("defaultMode"))
    at = field.child(path, "items")
    return errors + [
        e for i, item in enumerate(source.get("items") or ()) for e in key_to_path(item, field.index(at, i))
    ]


def _secret(source: Source, path: str) -> ErrorList:
    return _items(source, path, "secretName")


def _config_map(source: Source, path: str) -> ErrorList:
    return _items(source, path, "name")


def nfs(source: Source, path: str) -> ErrorList:
    """A server and an absolute path."""
    errors = rules.required_fields(source, path, "server", "path")
    if not (value := source.get("path") or "").startswith("/"):
        errors.append(field.invalid(field.child(path, "path"), value, "must be an absolute path"))
    return errors


def is_iqn(value: str) -> bool:
    """Whether it names an iSCSI target."""
    pattern = {"iqn": _IQN, "eui": _EUI, "naa": _NAA}.get(value[:3])
    return pattern is not None and pattern.match(value) is not None


def _iqn(path: str, value: str, prefix_rule: str) -> ErrorList:
    if not value.startswith(("iqn", "eui", "naa")):
        return [field.invalid(path, value, prefix_rule)]
    pattern = {"iqn": _IQN, "eui": _EUI, "naa": _NAA}[value[:3]]
    return [] if pattern.search(value) else [field.invalid(path, value, "must be valid format")]


def _iscsi(source: Source, path: str) -> ErrorList:
    errors = rules.required_fields(source, path, "targetPortal")
    prefixes = "must be valid format starting with iqn, eui, or naa"
    if iqn := source.get("iqn"):
        errors += _iqn(field.child(path, "iqn"), iqn, prefixes)
    else:
        errors.append(field.required(field.child(path, "iqn")))
    errors += rules.within(field.child(path, "lun"), source.get("lun") or 0, 0, 255)
    if (source.get("chapAuthDiscovery") or source.get("chapAuthSession")) and source.get("secretRef") is None:
        errors.append(field.required(field.child(path, "secretRef")))
    if (initiator := source.get("initiatorName")) is not None:
        errors += _iqn(field.child(path, "initiatorname"), initiator, prefixes)
    return errors


def fc(source: Source, path: str) -> ErrorList:
    """Fibre channel: world wide names with a lun, or identifiers."""
    at, wwns, wwids = field.child(path, "targetWWNs"), source.get("targetWWNs"), source.get("wwids")
    errors: ErrorList = []
    if not wwns and not wwids:
        errors.append(field.required(at, "must specify either targetWWNs or wwids, but not both"))
    if wwns and wwids:
        errors.append(field.invalid(at, wwns, "targetWWNs and wwids can not be specified simultaneously"))
    if wwns:
        lun = field.child(path, "lun")
        if source.get("lun") is None:
            errors.append(field.required(lun, "lun is required if targetWWNs is specified"))
        errors += rules.within(lun, source.get("lun"), 0, 255)
    return errors


def flocker(source: Source, path: str) -> ErrorList:
    """A data set by name or by UUID."""
    name, uuid = source.get("datasetName") or "", source.get("datasetUUID") or ""
    errors: ErrorList = []
    if not name and not uuid:
        errors.append(field.required(path, "one of datasetName and datasetUUID is required"))
    if name and uuid:
        errors.append(
            field.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
        )
    if "/" in name:
        errors.append(field.invalid(field.child(path, "datasetName"), name, "must not contain '/'"))
    return errors


def quobyte(source: Source, path: str) -> ErrorList:
    """A registry of host:port pairs and a volume."""
    registry, at = source.get("registry") or "", field.child(path, "registry")
    pairs = "must be a host:port pair or multiple pairs separated by commas"
    errors: ErrorList = []
    if not registry:
        errors.append(field.required(at, pairs))
    elif names.size(source.get("tenant") or "") >= 65:
        why = "must be a UUID and may not exceed a length of 64 characters"
        errors.append(field.required(field.child(path, "tenant"), why))
    else:
        errors += [field.invalid(at, registry, pairs) for pair in registry.split(",") if ":" not in pair]
    return errors + rules.required_fields(source, path, "volume")


def _cinder(source: Source, path: str) -> ErrorList:
    errors = rules.required_fields(source, path, "volumeID")
    if source.get("secretRef") is not None:
        errors += rules.required_fields(source["secretRef"], field.child(path, "secretRef"), "name")
    return errors


def _downward_api(source: Source, path: str) -> ErrorList:
    errors = rules.file_mode(field.child(path, "defaultMode"), source.get("defaultMode"))
    return errors + [e for item in source.get("items") or () for e in downward_api_file(item, path)]


def flex_volume(source: Source, path: str) -> ErrorList:
    """A driver, and options outside of Kubernetes' own domains."""
    errors = rules.required_fields(source, path, "driver")
    for key in source.get("options") or ():
        domain = "." + key.partition("/")[0].lower()
        if domain.endswith((".kubernetes.io", ".k8s.io")):
            why = "kubernetes.io and k8s.io namespaces are reserved"
            errors.append(field.invalid(field.key(field.child(path, "options"), key), key, why))
    return errors


def azure_disk(source: Source, path: str) -> ErrorList:
    """Name, URI, and a URI that fits the kind of disk."""
    errors = rules.required_fields(source, path, "diskName", "diskURI")
    caching, kind = source.get("cachingMode"), source.get("kind")
    errors += rules.optional_choice(field.child(path, "cachingMode"), caching, ("None", "ReadOnly", "ReadWrite"))
    errors += rules.optional_choice(field.child(path, "kind"), kind, ("Dedicated", "Managed", "Shared"))
    uri = source.get("diskURI") or ""
    at = field.child(path, "diskURI")
    if kind == "Managed" and not uri.startswith("/subscriptions/"):
        form = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
        errors.append(field.not_supported(at, uri, [form]))
    if kind not in (None, "Managed") and not uri.startswith("https://"):
        form = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
        errors.append(field.not_supported(at, uri, [form]))
    return errors


def _storage_os(source: Source, path: str) -> ErrorList:
    errors = rules.required_dns_label(field.child(path, "volumeName"), source.get("volumeName"))
    if namespace := source.get("volumeNamespace"):
        errors += rules.dns_label(field.child(path, "volumeNamespace"), namespace)
    if source.get("secretRef") is not None:
        errors += rules.required_fields(source["secretRef"], field.child(path, "secretRef"), "name")
    return errors


def _csi(source: Source, path: str) -> ErrorList:
    errors = rules.csi_driver_name(field.child(path, "driver"), source.get("driver") or "")
    if (secret := source.get("nodePublishSecretRef")) is not None:
        if name := secret.get("name"):
            errors += rules.dns_subdomain(field.child(path, "name"), name)
        else:
            errors.append(field.required(field.child(path, "nodePublishSecretRef", "name")))
    return errors


def _ephemeral(source: Source, path: str) -> ErrorList:
    template, at = source.get("volumeClaimTemplate"), field.child(path, "volumeClaimTemplate")
    if template is None:
        return [field.required(at)]
    errors = template_metadata(template.get("metadata") or {}, field.child(at, "metadata"))
    return errors + volume_claim_spec(template.get("spec") or {}, field.child(at, "spec"))


def _image(source: Source, path: str) -> ErrorList:
    errors = rules.required_fields(source, path, "reference")
    return errors + rules.choice(
        field.child(path, "pullPolicy"), source.get("pullPolicy"), ("Always", "IfNotPresent", "Never")
    )


_FORBIDDEN_AS = {"cephfs": "cephFS", "downwardAPI": "downwarAPI"}
"""Fields that the original names otherwise when it forbids a second source."""

_SOURCES: Mapping[str, tuple[str, Callable[[Source, str], ErrorList]]] = {
    "emptyDir": ("emptyDir", _empty_dir),
    "hostPath": ("hostPath", host_path),
    "gitRepo": ("gitRepo", _git_repo),
    "gcePersistentDisk": ("persistentDisk", disk("pdName")),
    "awsElasticBlockStore": ("awsElasticBlockStore", disk("volumeID")),
    "secret": ("secret", _secret),
    "nfs": ("nfs", nfs),
    "iscsi": ("iscsi", _iscsi),
    "glusterfs": ("glusterfs", _requires("endpoints", "path")),
    "flocker": ("flocker", flocker),
    "persistentVolumeClaim": ("persistentVolumeClaim", _requires("claimName")),
    "rbd": ("rbd", _requires("monitors", "image")),
    "cinder": ("cinder", _cinder),
    "cephfs": ("cephfs", _requires("monitors")),
    "quobyte": ("quobyte", quobyte),
    "downwardAPI": ("downwardAPI", _downward_api),
    "fc": ("fc", fc),
    "flexVolume": ("flexVolume", flex_volume),
    "configMap": ("configMap", _config_map),
    "azureFile": ("azureFile", _requires("secretName", "shareName")),
    "vsphereVolume": ("vsphereVolume", _requires("volumePath")),
    "photonPersistentDisk": ("photonPersistentDisk", _requires("pdID")),
    "portworxVolume": ("portworxVolume", _requires("volumeID")),
    "azureDisk": ("azureDisk", azure_disk),
    "storageos": ("storageos", _storage_os),
    "projected": ("projected", projected),
    "scaleIO": ("scaleIO", _requires("gateway", "system", "volumeName")),
    "csi": ("csi", _csi),
    "ephemeral": ("ephemeral", _ephemeral),
    "image": ("image", _image),
}
"""In the original's order: JSON name -> (name in paths, rule)."""
