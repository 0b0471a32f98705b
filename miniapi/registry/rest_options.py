"""The REST options getter: which store, which keys and which form each kind's objects have."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object
from miniapi.registry.encoding import Restore, StoredForm
from miniapi.registry.resource import Resource
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.convert import converter
from miniapi.schema.default import defaulter
from miniapi.storage.factory import StorageFactory

EVENT = "Event"


class RestOptions:
    """One `Resource` per storage prefix, shared by the versions of a kind."""

    def __init__(self, factory: StorageFactory, schemas: BuiltinSchemas, event_ttl_seconds: float) -> None:
        self._factory, self._schemas, self._event_ttl_seconds = factory, schemas, int(event_ttl_seconds)
        self._resources: dict[str, Resource] = {}

    def of(self, kind: Kind) -> Resource:
        """The kind's storage."""
        found = self._resources.get(kind.storage_prefix)
        if found is None:
            storage = self._factory.resource_storage(kind.gvk.group, kind.plural, custom=kind.custom)
            found = self._resources[kind.storage_prefix] = Resource(
                storage.store,
                kind.storage_prefix,
                StoredForm(storage.media_type, _restorer(kind, self._schemas)),
                namespaced=kind.namespaced,
                ttl_seconds=self._event_ttl_seconds if kind.gvk.kind == EVENT else 0,
            )
        return found


def _restorer(kind: Kind, schemas: BuiltinSchemas) -> Restore:
    """What Go's decoding makes of a stored object of a built-in kind, compiled when it is first needed."""

    @cache
    def compiled() -> tuple[Callable[[Object], tuple[Object, list[str]]], Callable[[Object], object]] | None:
        schema = schemas.schema(kind.storage_gvk or kind.gvk)
        return (converter(schema), defaulter(schema)) if schema is not None else None

    def restore(obj: Object) -> Object:
        steps = compiled()
        if steps is None:
            return obj
        convert, default = steps
        restored, _ = convert(obj)
        default(restored)
        kind.strategy.default(restored)
        return restored

    return restore
