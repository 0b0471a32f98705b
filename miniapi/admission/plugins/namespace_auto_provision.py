"""NamespaceAutoProvision: a namespace is made by the first object that is put into it."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Lister, Operation, Writer
from miniapi.errors import ApiError
from miniapi.kinds.kind import Kind


class NamespaceAutoProvision:
    """Creates missing namespaces, with the server's own rights."""

    name = "NamespaceAutoProvision"

    def __init__(self, lister: Lister, writer: Writer) -> None:
        self._lister, self._writer = lister, writer

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        del subresource
        return operation == "CREATE" and kind.namespaced

    async def admit(self, attributes: Attributes) -> None:
        name = attributes.namespace
        if attributes.dry_run or await self._lister.get("", "namespaces", "", name) is not None:
            return
        try:
            await self._writer.create(
                "", "v1", "namespaces", "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            )
        except ApiError as problem:
            if problem.reason != "AlreadyExists":
                raise
