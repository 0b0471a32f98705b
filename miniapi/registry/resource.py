"""One resource's objects in a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property

import orjson

from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.registry.attributes import Attributes, attributes_of
from miniapi.registry.encoding import StoredForm, head, own_json, stored_order, with_revision
from miniapi.registry.fanout import Frames
from miniapi.registry.memo import Memo
from miniapi.registry.messages import Messages
from miniapi.registry.problems import STORE_PROBLEMS, told
from miniapi.registry.watch_cache import WatchCache
from miniapi.storage.interface import Event, Page, Progress, Store, Stored

Update = Callable[[Object, Stored], Awaitable[Object | None]]
"""(current object, as stored) -> what to store, or None to leave it as it is. May run again on a conflict."""


SHARED_OBJECTS = 128
"""How many decoded objects of a resource are kept for those within the process who only read."""

KNOWN_ATTRIBUTES = 20_000
"""Of how many versions of a resource's objects it is kept what selectors look at: some hundred bytes each."""


class Resource:
    """Objects of one group and plural, whatever version they are asked for in."""

    def __init__(self, store: Store, prefix: str, form: StoredForm, *, namespaced: bool, ttl_seconds: int = 0) -> None:
        self.store = store
        self.prefix = prefix + "/"
        self.form = form
        self.namespaced = namespaced
        self.ttl_seconds = ttl_seconds

    def key(self, namespace: str, name: str) -> str:
        """Key of one object."""
        return f"{self.prefix}{namespace}/{name}" if self.namespaced else self.prefix + name

    def scope(self, namespace: str) -> str:
        """Key prefix of a collection."""
        return f"{self.prefix}{namespace}/" if self.namespaced and namespace else self.prefix

    async def get(self, namespace: str, name: str) -> Stored | None:
        """The object as stored now."""
        try:
            return await self.store.get(self.key(namespace, name))
        except STORE_PROBLEMS as problem:
            raise told(problem) from None

    async def get_any(self, namespace: str, name: str) -> Stored | None:
        """The object at whatever revision is at hand; one that seems not to be there is looked for in the store."""
        if not isinstance(self.store, WatchCache):
            return await self.get(namespace, name)
        try:
            return await self.store.get_any(self.key(namespace, name))
        except STORE_PROBLEMS as problem:
            raise told(problem) from None

    async def scan(self, namespace: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """A page of the collection; store exceptions pass, since list and watch word them differently."""
        prefix = self.scope(namespace)
        return await self.store.scan(prefix, after=prefix + after if after else "", limit=limit, revision=revision)

    async def scan_any(self, namespace: str) -> Page:
        """The whole collection at whatever revision is at hand."""
        prefix = self.scope(namespace)
        if isinstance(self.store, WatchCache):
            return await self.store.scan_any(prefix)
        return await self.store.scan(prefix)

    async def revision(self) -> int:
        """The store's revision."""
        try:
            return await self.store.revision()
        except STORE_PROBLEMS as problem:
            raise told(problem) from None

    async def hasten(self, namespace: str) -> None:
        """Watches of the same collection soon tell how far they are; StoreUnavailable passes."""
        await self.store.hasten(self.scope(namespace))

    def watch(
        self, namespace: str, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """Events of the collection."""
        return self.store.watch(self.scope(namespace), after=after)

    async def create(self, namespace: str, name: str, obj: Object) -> Stored:
        """Stores a new object; KeyConflict where it exists."""
        key = self.key(namespace, name)
        ordered = stored_order(obj)
        value = self.form.own(ordered)
        at_rest = self._at_rest(key, ordered, value)
        try:
            revision = await self.store.put(key, at_rest, expected=0, lease_seconds=self.ttl_seconds)
        except STORE_PROBLEMS as problem:
            raise told(problem) from None
        return Stored(key, value, revision, revision, 1)

    async def replace(self, current: Stored, obj: Object) -> Stored:
        """Stores over `current`; the same bytes are not written. KeyConflict where it has moved on."""
        ordered = stored_order(obj)
        value = self.form.own(ordered)
        if value == current.value and not current.stale:
            return current
        at_rest = self._at_rest(current.key, ordered, value)
        try:
            revision = await self.store.put(
                current.key, at_rest, expected=current.mod_revision, lease_seconds=self.ttl_seconds
            )
        except STORE_PROBLEMS as problem:
            raise told(problem) from None
        return Stored(current.key, value, revision, current.create_revision, current.version + 1)

    def _at_rest(self, key: str, ordered: Object, own: bytes) -> bytes:
        value = self.form.at_rest(ordered, own)
        if value is not own and isinstance(self.store, WatchCache):
            self.store.remember(key, value, own)
        return value

    async def remove(self, current: Stored) -> int:
        """Deletes; KeyConflict where it has moved on."""
        try:
            return await self.store.delete(current.key, expected=current.mod_revision)
        except STORE_PROBLEMS as problem:
            raise told(problem) from None

    def decode(self, stored: Stored) -> Object:
        """A fresh dict with its resourceVersion, in the stored version."""
        return with_revision(self.form.decode(stored.value), stored)


def _as_it_is(obj: Object) -> Object:
    """Of a kind with raw members, whose text as stored may have line ends: what is sent is written anew."""
    return obj


class Versioned:
    """A resource seen through one served version: what is sent of it.

    Objects lie in memory without their revision, right behind `_head`: it is put in between when they are sent.
    """

    def __init__(self, resource: Resource, kind: Kind) -> None:
        self.resource = resource
        self.kind = kind
        self.frames = Frames(lambda event, stored: b'{"type":"%b","object":%b}\n' % (event, self.encoded(stored)))
        self._from = kind.from_storage or (_as_it_is if kind.strategy.raw_members else None)
        stored_as = kind.storage_gvk or kind.gvk
        self._head, self._stored_version = head(stored_as), stored_as.api_version
        self._items = Memo(self._item)
        self._shared: dict[str, tuple[int, Object]] = {}
        self._read_attributes = attributes_of(kind)
        self._attributes: dict[tuple[str, int], Attributes] = {}

    def object(self, stored: Stored) -> Object:
        """A fresh dict in this version."""
        obj = self.resource.decode(stored)
        if not self.kind.custom and obj["apiVersion"] != self._stored_version:
            # Another release wrote it, under another name of the same shape.
            obj["apiVersion"] = self._stored_version
        return self._from(obj) if self._from else obj

    def shared(self, stored: Stored) -> Object:
        """As `object`, the same dict for all who ask within a while: never to be changed."""
        known = self._shared.get(stored.key)
        if known is None or known[0] != stored.mod_revision:
            if len(self._shared) >= SHARED_OBJECTS:
                del self._shared[next(iter(self._shared))]
            known = self._shared[stored.key] = (stored.mod_revision, self.object(stored))
        return known[1]

    def attributes(self, stored: Stored) -> Attributes:
        """What selectors look at; an object is decoded for it once per version."""
        version = (stored.key, stored.mod_revision)
        known = self._attributes.get(version)
        if known is None:
            if len(self._attributes) >= KNOWN_ATTRIBUTES:
                del self._attributes[next(iter(self._attributes))]
            known = self._attributes[version] = self._read_attributes(self.object(stored))
        return known

    def encoded(self, stored: Stored) -> bytes:
        """The object's JSON."""
        value, start = stored.value, self._head
        if self._from is None and value.startswith(start):
            rest = memoryview(value)[len(start) :]  # not copied twice
            return b"".join((start, b'"resourceVersion":"%d",' % stored.mod_revision, rest))
        return orjson.dumps(self.object(stored))

    def joined(self, head: bytes, page: Sequence[Stored], tail: bytes) -> bytes:
        """The objects' JSON as a list has it, between commas; put together at once, since lists are long."""
        parts = [*self._items.all(page)] or [b""]
        parts[0] = head + parts[0]
        parts[-1] += tail
        return b",".join(parts)

    @cached_property
    def messages(self) -> Messages:
        """The objects as protobuf has them, made when the first client asks."""
        return Messages(self.gvk, self.object)

    def _item(self, stored: Stored) -> bytes:
        """One object in a list: without kind and apiVersion, unless it is a custom resource."""
        if self.kind.custom:
            return self.encoded(stored)
        value, start = stored.value, self._head
        if self._from is None and value.startswith(start):
            rest = memoryview(value)[len(start) :]
            return b"".join((b'{"metadata":{"resourceVersion":"%d",' % stored.mod_revision, rest))
        obj = self.object(stored)
        del obj["kind"], obj["apiVersion"]
        return own_json(obj)

    def to_storage(self, obj: Object) -> Object:
        """The object in the stored version."""
        return self.kind.to_storage(obj) if self.kind.to_storage else obj

    @property
    def gvk(self) -> GroupVersionKind:
        """The served kind."""
        return self.kind.gvk
