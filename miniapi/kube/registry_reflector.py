"""Informers inside the server, straight from the registry: they hold what is stored, and decode what is looked at."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Final

from miniapi.client.cache import Held, Key
from miniapi.client.client import Client
from miniapi.client.informers import Follow, Follower
from miniapi.client.reflector import FIRST_BACK_OFF_SECONDS, MAX_BACK_OFF_SECONDS, Collection, Reflector, Sink
from miniapi.errors import ApiError
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object
from miniapi.registry.fanout import deleted
from miniapi.registry.resource import Resource
from miniapi.storage.interface import Event, Progress, RevisionCompacted, Stored, StoreUnavailable

MOST_DECODED: Final = 128
"""Objects of one informer that are kept decoded."""

log = logging.getLogger("miniapi.informers")


class Decoded:
    """A resource's objects looked at of late, decoded once per version."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._known: dict[str, tuple[int, Object]] = {}

    def object(self, stored: Stored) -> Object:
        """Shared: read, never change."""
        known = self._known.get(stored.key)
        if known is not None and known[0] == stored.mod_revision:
            return known[1]
        obj = self._resource.decode(stored)
        if len(self._known) >= MOST_DECODED:
            del self._known[next(iter(self._known))]
        self._known[stored.key] = (stored.mod_revision, obj)
        return obj


class HeldStored:
    """An object version as the store has it."""

    __slots__ = ("_decoded", "_stored", "key")

    def __init__(self, key: Key, stored: Stored, decoded: Decoded) -> None:
        self.key, self._stored, self._decoded = key, stored, decoded

    @property
    def resource_version(self) -> str:
        """The revision that wrote it."""
        return str(self._stored.mod_revision)

    def object(self) -> Object:
        """The object, shared: read, never change."""
        return self._decoded.object(self._stored)


class RegistryReflector:
    """A list and a watch of one resource, as often as it takes."""

    def __init__(self, resource: Resource, namespace: str, sink: Sink) -> None:
        self._resource, self._namespace, self._sink = resource, namespace, sink
        self._decoded = Decoded(resource)

    async def run(self) -> None:
        """Until cancelled."""
        pause = FIRST_BACK_OFF_SECONDS
        while True:
            try:
                page = await self._resource.scan(self._namespace)
                self._sink.replace([self._held(stored) for stored in page.items])
                pause = FIRST_BACK_OFF_SECONDS
                async with self._resource.watch(self._namespace, page.revision) as stream:
                    async for batch in stream:
                        if not isinstance(batch, Progress):
                            self._seen(batch)
            except RevisionCompacted:
                continue
            except (StoreUnavailable, ApiError) as problem:
                log.warning("%s cannot be followed: %s", self._resource.prefix, problem)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_BACK_OFF_SECONDS)

    def _seen(self, batch: Sequence[Event]) -> None:
        for event in batch:
            now, before = event.current, event.previous
            if now is not None:
                self._sink.changed("ADDED" if before is None else "MODIFIED", self._held(now))
            elif before is not None:
                self._sink.changed("DELETED", self._held(deleted(event, before)))

    def _held(self, stored: Stored) -> Held:
        namespace, _, name = stored.key.removeprefix(self._resource.prefix).rpartition("/")
        return HeldStored((sys.intern(namespace), name), stored, self._decoded)


def from_registry(catalog: Catalog, resource_of: Callable[[Kind], Resource], client: Client) -> Follow:
    """What follows a collection: the registry a built-in kind in its stored version, the client everything else."""

    def follow(collection: Collection, sink: Sink) -> Follower:
        kind = catalog.find(collection.group, collection.version, collection.plural)
        if kind is None or kind.from_storage or collection.selectors:
            return Reflector(client, collection, sink)
        return RegistryReflector(resource_of(kind), collection.namespace, sink)

    return follow
