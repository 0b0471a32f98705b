"""The versions of a kind among each other, by way of the stored one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object, copy


class Versions:
    """Of built-in kinds. Custom resources are asked about in the version of the request alone."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds: dict[str, list[Kind]] = {}
        for kind in kinds:
            # Kinds with one storage are one resource, whatever their groups (events).
            self._kinds.setdefault(kind.storage_prefix, []).append(kind)

    def of(self, kind: Kind) -> Sequence[Kind]:
        """All but the kind itself."""
        if kind.custom:
            return ()
        return [k for k in self._kinds.get(kind.storage_prefix, ()) if k.gvr != kind.gvr]

    def convert(self, obj: Object, kind: Kind, to: Kind) -> Object:
        """A copy of `obj`, of `kind`, as `to` shows it."""
        stored = copy(obj)
        stored = kind.to_storage(stored) if kind.to_storage else stored
        return to.from_storage(stored) if to.from_storage else stored
