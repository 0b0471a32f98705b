"""Reads for admission straight from the registry: consistent, and nothing is held twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object
from miniapi.registry.problems import STORE_PROBLEMS, told
from miniapi.registry.resource import Resource


class RegistryLister:
    """`Lister` of built-in kinds, in their stored version. Decoded objects are remembered by revision."""

    def __init__(self, catalog: Catalog, resource_of: Callable[[Kind], Resource]) -> None:
        self._catalog, self._resource_of = catalog, resource_of
        self._decoded: dict[str, tuple[int, Object]] = {}

    async def get(self, group: str, plural: str, namespace: str, name: str) -> Object | None:
        """None where it does not exist."""
        resource = self._resource(group, plural)
        if resource is None:
            return None
        stored = await resource.get(namespace, name)
        if stored is None:
            return None
        known = self._decoded.get(stored.key)
        if known is not None and known[0] == stored.mod_revision:
            return known[1]
        obj = resource.decode(stored)
        if plural == "namespaces":
            self._decoded[stored.key] = (stored.mod_revision, obj)
        return obj

    async def list(self, group: str, plural: str, namespace: str = "") -> Sequence[Object]:
        """All of a namespace, or of the cluster."""
        resource = self._resource(group, plural)
        if resource is None:
            return []
        try:
            page = await resource.scan(namespace)
        except STORE_PROBLEMS as problem:
            raise told(problem) from None
        return [resource.decode(s) for s in page.items]

    def _resource(self, group: str, plural: str) -> Resource | None:
        kind = self._catalog.preferred(group, plural)
        return self._resource_of(kind) if kind is not None else None
