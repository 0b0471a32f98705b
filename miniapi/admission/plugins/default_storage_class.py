"""DefaultStorageClass: claims that name no class get the newest of the default ones."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object

IS_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


class DefaultStorageClass:
    """Fills spec.storageClassName of new claims."""

    name = "DefaultStorageClass"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "CREATE" and kind.group_resource == "persistentvolumeclaims" and not subresource

    async def admit(self, attributes: Attributes) -> None:
        claim = attributes.obj
        if claim is None:
            return
        spec = claim.setdefault("spec", {})
        if spec.get("storageClassName") is not None or BETA_CLASS in (claim["metadata"].get("annotations") or {}):
            return
        defaults = [c for c in await self._lister.list("storage.k8s.io", "storageclasses") if _is_default(c)]
        if defaults:
            newest = max(c["metadata"]["creationTimestamp"] for c in defaults)
            names = (c["metadata"]["name"] for c in defaults if c["metadata"]["creationTimestamp"] == newest)
            spec["storageClassName"] = min(names)


def _is_default(storage_class: Object) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return any(annotations.get(key) == "true" for key in IS_DEFAULT)
