"""The REST options getter: which store, which keys and which form each kind's objects have."""

from __future__ import annotations

import functools
from collections.abc import Callable

from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object
from miniapi.registry.encoding import Restore, StoredForm
from miniapi.registry.resource import Resource
from miniapi.registry.transcoding import TranscodingStore
from miniapi.registry.watch_cache import WatchCache
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.convert import converter
from miniapi.schema.default import defaulter
from miniapi.storage.factory import ResourceStorage, StorageFactory
from miniapi.storage.interface import Store
from miniapi.storage.options import JSON

EVENT = "Event"


class RestOptions:
    """One `Resource` per storage prefix, shared by the versions of a kind."""

    def __init__(self, factory: StorageFactory, schemas: BuiltinSchemas, event_ttl_seconds: float) -> None:
        self._factory, self._event_ttl_seconds = factory, int(event_ttl_seconds)
        self.schemas = schemas
        """Shared by all that serve built-in kinds: they are read once."""
        self._resources: dict[str, Resource] = {}
        self._caches: list[WatchCache] = []

    def of(self, kind: Kind) -> Resource:
        """The kind's storage."""
        found = self._resources.get(kind.storage_prefix)
        if found is None:
            storage = self._factory.resource_storage(kind.gvk.group, kind.plural, custom=kind.custom)
            typed = kind.custom or self.schemas.of_table
            form = StoredForm(
                storage.media_type if typed else JSON,
                _restorer(kind, self.schemas),
                kind.strategy.raw_members,
                kind.shared_form if storage.shared else None,
            )
            found = self._resources[kind.storage_prefix] = Resource(
                self._cached(storage, form),
                kind.storage_prefix,
                form,
                namespaced=kind.namespaced,
                ttl_seconds=self._event_ttl_seconds if kind.gvk.kind == EVENT else 0,
            )
        return found

    async def close(self) -> None:
        """Closes the watch caches."""
        for cache in self._caches:
            await cache.close()

    def _cached(self, storage: ResourceStorage, form: StoredForm) -> Store:
        """A local store in JSON is its own cache."""
        if storage.shared:
            if storage.cached:
                cache = WatchCache(storage.store, storage.prefix + "/", form, storage.writes, storage.began)
                self._caches.append(cache)
                return cache
        elif form.media_type == JSON:
            return storage.store
        return TranscodingStore(storage.store, form, storage.writes)


def _restorer(kind: Kind, schemas: BuiltinSchemas) -> Restore:
    """What Go's decoding makes of a stored object of a built-in kind, compiled when it is first needed."""

    @functools.cache
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
