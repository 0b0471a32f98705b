"""PersistentVolumeClaimResize: claims grow only where their class allows it."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind
from miniapi.meta import quantity
from miniapi.meta.objects import Object

BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


class PersistentVolumeClaimResize:
    """Judges a larger spec.resources.requests.storage."""

    name = "PersistentVolumeClaimResize"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "UPDATE" and kind.group_resource == "persistentvolumeclaims" and not subresource

    async def validate(self, attributes: Attributes) -> None:
        claim, old = attributes.obj, attributes.old
        if claim is None or old is None or not _grows(claim, old):
            return
        if (old.get("status") or {}).get("phase") != "Bound":
            raise forbidden(attributes, "Only bound persistent volume claims can be expanded")
        name = _class_of(claim)
        found = None
        if name and name == _class_of(old):
            found = await self._lister.get("storage.k8s.io", "storageclasses", "", name)
        if found is None or not found.get("allowVolumeExpansion"):
            raise forbidden(
                attributes,
                "only dynamically provisioned pvc can be resized and "
                "the storageclass that provisions the pvc must support resize",
            )


def _size(claim: Object) -> quantity.Quantity:
    requests = (claim["spec"].get("resources") or {}).get("requests") or {}
    return quantity.parse(requests.get("storage", "0"))


def _grows(claim: Object, old: Object) -> bool:
    return quantity.compare(_size(claim), _size(old)) > 0


def _class_of(claim: Object) -> str:
    """The annotation that came first, else the field."""
    annotated = (claim["metadata"].get("annotations") or {}).get(BETA_CLASS)
    return annotated if annotated is not None else claim["spec"].get("storageClassName") or ""
