"""The kinds that a server has, by every name that they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind


class Catalog:
    """Lookup by resource and by kind; iteration in the order given."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = list(kinds)
        self._by_resource = {(k.gvk.group, k.gvk.version, k.plural): k for k in self._kinds}
        self._by_kind = {k.gvk: k for k in self._kinds}
        self.groups = frozenset(k.gvk.group for k in self._kinds if k.gvk.group)

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        """By group, version and plural."""
        return self._by_resource.get((group, version, plural))

    def kind(self, gvk: GroupVersionKind) -> Kind | None:
        """By group, version and kind."""
        return self._by_kind.get(gvk)

    def preferred(self, group: str, plural: str) -> Kind | None:
        """The first version that has the resource."""
        return next((k for k in self._kinds if k.plural == plural and k.gvk.group == group), None)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds)
