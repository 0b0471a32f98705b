"""StorageObjectInUseProtection: volumes, claims and attribute classes are not deleted while they are used."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.kinds.kind import Kind

FINALIZERS = {
    "persistentvolumes": "kubernetes.io/pv-protection",
    "persistentvolumeclaims": "kubernetes.io/pvc-protection",
    "volumeattributesclasses.storage.k8s.io": "kubernetes.io/vac-protection",
}


class StorageObjectInUseProtection:
    """Adds the finalizer that a controller removes once the object is unused."""

    name = "StorageObjectInUseProtection"

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "CREATE" and kind.group_resource in FINALIZERS and not subresource

    async def admit(self, attributes: Attributes) -> None:
        if attributes.obj is None:
            return
        meta, wanted = attributes.obj["metadata"], FINALIZERS[attributes.kind.group_resource]
        finalizers = meta.get("finalizers") or []
        if wanted not in finalizers:
            meta["finalizers"] = [*finalizers, wanted]
