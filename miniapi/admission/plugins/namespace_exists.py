"""NamespaceExists: nothing is written in a namespace that is not there."""

from __future__ import annotations

from miniapi import errors
from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.kinds.kind import Kind


class NamespaceExists:
    """Refuses creates, updates and deletes."""

    name = "NamespaceExists"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        del subresource
        return operation != "CONNECT" and kind.namespaced

    async def validate(self, attributes: Attributes) -> None:
        if await self._lister.get("", "namespaces", "", attributes.namespace) is None:
            raise errors.not_found("namespaces", "", attributes.namespace)
