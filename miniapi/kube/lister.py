"""Reads for admission: straight from the registry, or from shared informers what is asked for all the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from miniapi.admission.interface import Lister
from miniapi.client.informers import SharedInformer
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object
from miniapi.registry.problems import STORE_PROBLEMS, told
from miniapi.registry.resource import Resource


class RegistryLister:
    """`Lister` of built-in kinds, in their stored version. Decoded objects are remembered by revision.

    As with the original's informers, what other servers wrote to the same etcd may be seen a moment later.
    """

    def __init__(self, catalog: Catalog, resource_of: Callable[[Kind], Resource]) -> None:
        self._catalog, self._resource_of = catalog, resource_of
        self._decoded: dict[str, tuple[int, Object]] = {}

    async def get(self, group: str, plural: str, namespace: str, name: str) -> Object | None:
        """None where it does not exist."""
        resource = self._resource(group, plural)
        if resource is None:
            return None
        stored = await resource.get_any(namespace, name)
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
            page = await resource.scan_any(namespace)
        except STORE_PROBLEMS as problem:
            raise told(problem) from None
        return [resource.decode(s) for s in page.items]

    def _resource(self, group: str, plural: str) -> Resource | None:
        kind = self._catalog.preferred(group, plural)
        return self._resource_of(kind) if kind is not None else None


CACHED = (
    ("", "limitranges"),
    ("", "nodes"),
    ("", "resourcequotas"),
    ("", "serviceaccounts"),
    ("networking.k8s.io", "ingressclasses"),
    ("node.k8s.io", "runtimeclasses"),
    ("scheduling.k8s.io", "priorityclasses"),
    ("storage.k8s.io", "storageclasses"),
)
"""What admission asks for with almost every pod, and what seldom changes."""


class CachedLister:
    """`Lister` over shared informers; what they do not hold, or have not seen yet, comes from `live`."""

    def __init__(self, live: Lister, informers: Mapping[tuple[str, str], SharedInformer]) -> None:
        self._live, self._informers = live, informers

    async def get(self, group: str, plural: str, namespace: str, name: str) -> Object | None:
        """None where it does not exist."""
        informer = self._informers.get((group, plural))
        found = informer.get(namespace, name) if informer is not None and informer.synced.is_set() else None
        return found if found is not None else await self._live.get(group, plural, namespace, name)

    async def list(self, group: str, plural: str, namespace: str = "") -> Sequence[Object]:
        """All of a namespace, or of the cluster."""
        informer = self._informers.get((group, plural))
        if informer is None or not informer.synced.is_set():
            return await self._live.list(group, plural, namespace)
        return informer.list(namespace)
