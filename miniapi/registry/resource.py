"""One resource's objects in a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import orjson

from miniapi import errors
from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.registry.encoding import StoredForm, splice, splice_item, stored_order, with_revision
from miniapi.registry.problems import STORE_PROBLEMS, told
from miniapi.storage.interface import Event, KeyConflict, Page, Progress, Store, Stored

MEMO_LIMIT = 20_000
"""How many encoded objects (and as many list items) a resource remembers."""

Update = Callable[[Object, Stored], Awaitable[Object | None]]
"""(current object, as stored) -> what to store, or None to leave it as it is. May run again on a conflict."""


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

    async def scan(self, namespace: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """A page of the collection; store exceptions pass, since list and watch word them differently."""
        prefix = self.scope(namespace)
        return await self.store.scan(prefix, after=prefix + after if after else "", limit=limit, revision=revision)

    async def revision(self) -> int:
        """The store's revision."""
        try:
            return await self.store.revision()
        except STORE_PROBLEMS as problem:
            raise told(problem) from None

    def watch(
        self, namespace: str, after: int, name: str = ""
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """Events of the collection, or of what starts with one object's key."""
        prefix = self.key(namespace, name) if name and (namespace or not self.namespaced) else self.scope(namespace)
        return self.store.watch(prefix, after=after)

    async def create(self, namespace: str, name: str, obj: Object) -> Stored:
        """Stores a new object; KeyConflict where it exists."""
        key = self.key(namespace, name)
        value = self.form.encode(stored_order(obj))
        try:
            revision = await self.store.put(key, value, expected=0, lease_seconds=self.ttl_seconds)
        except STORE_PROBLEMS as problem:
            raise told(problem) from None
        return Stored(key, value, revision, revision, 1)

    async def replace(self, current: Stored, obj: Object) -> Stored:
        """Stores over `current`; the same bytes are not written. KeyConflict where it has moved on."""
        value = self.form.encode(stored_order(obj))
        if value == current.value:
            return current
        try:
            revision = await self.store.put(
                current.key, value, expected=current.mod_revision, lease_seconds=self.ttl_seconds
            )
        except STORE_PROBLEMS as problem:
            raise told(problem) from None
        return Stored(current.key, value, revision, current.create_revision, current.version + 1)

    async def remove(self, current: Stored) -> int:
        """Deletes; KeyConflict where it has moved on."""
        try:
            return await self.store.delete(current.key, expected=current.mod_revision)
        except STORE_PROBLEMS as problem:
            raise told(problem) from None

    def decode(self, stored: Stored) -> Object:
        """A fresh dict with its resourceVersion, in the stored version."""
        return with_revision(self.form.decode(stored.value), stored)


class Versioned:
    """A resource seen through one served version: encodes what is sent, once per object version."""

    def __init__(self, resource: Resource, kind: Kind) -> None:
        self.resource = resource
        self.kind = kind
        self._from = kind.from_storage
        self._item_has_type = kind.custom
        self._objects: dict[str, tuple[int, bytes]] = {}
        self._items: dict[str, tuple[int, bytes]] = {}

    def object(self, stored: Stored) -> Object:
        """A fresh dict in this version."""
        obj = self.resource.decode(stored)
        return self._from(obj) if self._from else obj

    def encoded(self, stored: Stored) -> bytes:
        """The object's JSON."""
        known = self._objects.get(stored.key)
        if known is not None and known[0] == stored.mod_revision:
            return known[1]
        data = None if self._from else splice(stored.value, stored.mod_revision)
        if data is None:
            data = orjson.dumps(self.object(stored))
        if len(self._objects) >= MEMO_LIMIT:
            self._objects.clear()
        self._objects[stored.key] = (stored.mod_revision, data)
        return data

    def item(self, stored: Stored) -> bytes:
        """The object's JSON as an item of a list (built-in kinds: without kind and apiVersion)."""
        if self._item_has_type:
            return self.encoded(stored)
        known = self._items.get(stored.key)
        if known is not None and known[0] == stored.mod_revision:
            return known[1]
        data = None if self._from else splice_item(stored.value, stored.mod_revision)
        if data is None:
            obj = self.object(stored)
            del obj["kind"], obj["apiVersion"]
            data = orjson.dumps(obj)
        if len(self._items) >= MEMO_LIMIT:
            self._items.clear()
        self._items[stored.key] = (stored.mod_revision, data)
        return data

    def to_storage(self, obj: Object) -> Object:
        """The object in the stored version."""
        return self.kind.to_storage(obj) if self.kind.to_storage else obj

    @property
    def gvk(self) -> GroupVersionKind:
        """The served kind."""
        return self.kind.gvk

    async def guaranteed_update(self, namespace: str, name: str, update: Update) -> Stored:
        """Reads, updates, stores; again from what is there on a conflict. 404 where there is nothing."""
        current = await self.resource.get(namespace, name)
        while True:
            if current is None:
                raise errors.not_found(self.kind.plural, self.kind.gvk.group, name)
            obj = await update(self.object(current), current)
            if obj is None:
                return current
            try:
                return await self.resource.replace(current, self.to_storage(obj))
            except KeyConflict as conflict:
                current = conflict.current
