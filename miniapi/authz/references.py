"""What a pod or volume needs of other objects (pkg/api/v1/{pod,persistentvolume} visitors)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Object = Mapping[str, Any]
Reference = tuple[str, str, str]
"""(plural, namespace, name)."""

_POD_SECRETS = (
    ("azureFile", "secretName"),
    ("secret", "secretName"),
    ("cephfs", "secretRef"),
    ("cinder", "secretRef"),
    ("flexVolume", "secretRef"),
    ("rbd", "secretRef"),
    ("scaleIO", "secretRef"),
    ("iscsi", "secretRef"),
    ("storageos", "secretRef"),
    ("csi", "nodePublishSecretRef"),
)
_VOLUME_SECRETS = (
    ("cephfs", "secretRef"),
    ("cinder", "secretRef"),
    ("flexVolume", "secretRef"),
    ("rbd", "secretRef"),
    ("scaleIO", "secretRef"),
    ("iscsi", "secretRef"),
    ("storageos", "secretRef"),
    ("csi", "nodePublishSecretRef"),
    ("csi", "nodeStageSecretRef"),
    ("csi", "nodeExpandSecretRef"),
)
"""Of those that a kubelet uses."""


def of_pod(pod: Object) -> Iterator[Reference]:
    """Accounts, secrets, config maps, claims of volumes and of resources."""
    meta, spec = pod["metadata"], pod.get("spec") or {}
    namespace = meta.get("namespace", "")
    if spec.get("serviceAccountName"):
        yield "serviceaccounts", namespace, spec["serviceAccountName"]
    for plural, name in (*_of_containers(spec), *_of_volumes(meta, spec), *_of_resource_claims(pod)):
        if name:
            yield plural, namespace, name


def _of_containers(spec: Object) -> Iterator[tuple[str, str]]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind) or ():
            for source in container.get("envFrom") or ():
                yield "secrets", _name(source.get("secretRef"))
                yield "configmaps", _name(source.get("configMapRef"))
            for variable in container.get("env") or ():
                source = variable.get("valueFrom") or {}
                yield "secrets", _name(source.get("secretKeyRef"))
                yield "configmaps", _name(source.get("configMapKeyRef"))


def _of_volumes(meta: Object, spec: Object) -> Iterator[tuple[str, str]]:
    for reference in spec.get("imagePullSecrets") or ():
        yield "secrets", _name(reference)
    for volume in spec.get("volumes") or ():
        for kind, key in _POD_SECRETS:
            found = (volume.get(kind) or {}).get(key)
            yield "secrets", found if isinstance(found, str) else _name(found)
        yield "configmaps", _name(volume.get("configMap"))
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield "secrets", _name(source.get("secret"))
            yield "configmaps", _name(source.get("configMap"))
        yield "persistentvolumeclaims", (volume.get("persistentVolumeClaim") or {}).get("claimName") or ""
        if volume.get("ephemeral") is not None:
            yield "persistentvolumeclaims", f"{meta['name']}-{volume['name']}"


def _of_resource_claims(pod: Object) -> Iterator[tuple[str, str]]:
    status = pod.get("status") or {}
    for claim in (pod.get("spec") or {}).get("resourceClaims") or ():
        yield "resourceclaims", claim.get("resourceClaimName") or ""
    for claim in status.get("resourceClaimStatuses") or ():
        yield "resourceclaims", claim.get("resourceClaimName") or ""
    yield "resourceclaims", (status.get("extendedResourceClaimStatus") or {}).get("resourceClaimName") or ""


def secrets_of_volume(volume: Object) -> Iterator[tuple[str, str]]:
    """(namespace, name) of the secrets that a kubelet needs to mount a PersistentVolume."""
    spec = volume.get("spec") or {}
    home = (spec.get("claimRef") or {}).get("namespace") or ""
    share = spec.get("azureFile")
    if share and share.get("secretName"):
        yield share.get("secretNamespace") or home, share["secretName"]
    for kind, key in _VOLUME_SECRETS:
        reference = (spec.get(kind) or {}).get(key)
        if reference and reference.get("name"):
            yield reference.get("namespace") or home, reference["name"]


def _name(reference: Object | None) -> str:
    return (reference or {}).get("name") or ""
