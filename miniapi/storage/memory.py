"""A store that forgets: etcd's semantics over the in-memory index (--etcd-servers=memory://)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager

from miniapi.storage.index import Index, next_event
from miniapi.storage.interface import Event, KeyConflict, Page, Progress, Stored, StoreUnavailable
from miniapi.storage.leases import Leases


class MemoryStore:
    """`Store` in memory."""

    def __init__(self) -> None:
        self._index = Index()
        self._leases = Leases(self._expire)
        self._closed = False

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        """`Store.get`."""
        return self._index.get(key, revision)

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """`Store.scan`."""
        return self._index.scan(prefix, after, limit, revision)

    async def count(self, prefix: str) -> int:
        """`Store.count`."""
        return self._index.count(prefix)

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        """`Store.put`."""
        revision = self._write(key, value, expected, lease_seconds)
        if lease_seconds:
            self._leases.add(time.time() + lease_seconds, key, revision)
        return revision

    async def delete(self, key: str, *, expected: int) -> int:
        """`Store.delete`."""
        return self._write(key, None, expected, 0)

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """`Store.watch`."""
        return self._index.watch(prefix, after)

    async def revision(self) -> int:
        """`Store.revision`."""
        return self._index.revision

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        """`Store.hasten`."""
        self._index.hasten(prefix)

    async def compact(self, revision: int) -> None:
        """`Store.compact`."""
        self._index.compact(revision)

    async def ready(self) -> None:
        """`Store.ready`."""
        if self._closed:
            raise StoreUnavailable("the store is closed")

    async def close(self) -> None:
        """`Store.close`."""
        self._closed = True
        self._leases.close()
        self._index.close()

    def _write(self, key: str, value: bytes | None, expected: int, lease_seconds: int) -> int:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        before = self._index.current.get(key)
        found = before.mod_revision if before is not None else 0
        if found != expected or (value is None and not found):
            raise KeyConflict(key, before)
        revision = self._index.revision + 1
        self._index.apply((next_event(key, value, before, revision, lease_seconds),))
        return revision

    def _expire(self, key: str, revision: int) -> None:
        before = self._index.current.get(key)
        if before is not None and before.mod_revision == revision:
            self._write(key, None, revision, 0)
