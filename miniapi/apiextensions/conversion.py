"""How objects come from one version of their kind to another: by name alone, or by asking a webhook."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from miniapi.meta.objects import Object
from miniapi.schema.convert import ConvertError

Coerce = Callable[[Object], tuple[Object, list[str]]]
Default = Callable[[Object], None]


class VersionSchemas:
    """The versions' schemas as functions, by apiVersion."""

    def __init__(self, coerce: Mapping[str, Coerce], default: Mapping[str, Default]) -> None:
        self._coerce, self._default = coerce, default

    def default(self, obj: Object) -> None:
        """Fills in what the object's own version says of missing fields."""
        default = self._default.get(obj["apiVersion"])
        if default is not None:
            default(obj)

    def prune(self, obj: Object) -> Object:
        """Drops what the object's own version does not know."""
        coerce = self._coerce.get(obj["apiVersion"])
        if coerce is None:
            return obj
        try:
            return coerce(obj)[0]
        except ConvertError:
            # Stored before its metadata was checked, or by another hand: it must still be readable.
            return obj

    def read(self, obj: Object, api_version: str) -> Object:
        """A stored object as `api_version` shows it: pruned and defaulted as stored, converted, pruned again."""
        stored_as = obj["apiVersion"]
        obj = self.prune(obj)
        self.default(obj)
        if stored_as == api_version:
            return obj
        return self.prune({**obj, "apiVersion": api_version})

    def write(self, obj: Object, api_version: str) -> Object:
        """An object as it is stored."""
        if obj["apiVersion"] == api_version:
            return obj
        return self.prune({**obj, "apiVersion": api_version})
