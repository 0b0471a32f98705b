"""A store that forgets: etcd's semantics over the in-memory index (--etcd-servers=memory://)."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager

from miniapi.storage.index import Index
from miniapi.storage.interface import Event, KeyConflict, Page, Progress, Stored, StoreUnavailable


class MemoryStore:
    """`Store` in memory."""

    def __init__(self) -> None:
        self._index = Index()
        self._leases: list[tuple[float, str, int]] = []
        self._expiry: asyncio.TimerHandle | None = None
        self._closed = False

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        return self._index.get(key, revision)

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        return self._index.scan(prefix, after, limit, revision)

    async def count(self, prefix: str) -> int:
        return self._index.count(prefix)

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        self._check_open()
        before = self._index.current.get(key)
        if (before.mod_revision if before else 0) != expected:
            raise KeyConflict(key, before)
        revision = self._index.revision + 1
        now = Stored(
            key,
            value,
            revision,
            before.create_revision if before else revision,
            before.version + 1 if before else 1,
            lease_seconds,
        )
        self._index.apply([Event(revision, key, now, before)])
        if lease_seconds:
            heapq.heappush(self._leases, (time.time() + lease_seconds, key, revision))
            self._schedule()
        return revision

    async def delete(self, key: str, *, expected: int) -> int:
        self._check_open()
        before = self._index.current.get(key)
        if before is None or before.mod_revision != expected:
            raise KeyConflict(key, before)
        revision = self._index.revision + 1
        self._index.apply([Event(revision, key, None, before)])
        return revision

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        return self._index.watch(prefix, after)

    async def revision(self) -> int:
        return self._index.revision

    async def compact(self, revision: int) -> None:
        self._index.compact(revision)

    async def ready(self) -> None:
        self._check_open()

    async def close(self) -> None:
        self._closed = True
        if self._expiry is not None:
            self._expiry.cancel()
        self._index.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    def _schedule(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        if self._leases and not self._closed:
            delay = max(0.0, self._leases[0][0] - time.time())
            self._expiry = asyncio.get_running_loop().call_later(delay, self._expire)

    def _expire(self) -> None:
        now = time.time()
        while self._leases and self._leases[0][0] <= now:
            _, key, revision = heapq.heappop(self._leases)
            before = self._index.current.get(key)
            if before is not None and before.mod_revision == revision:
                self._index.apply([Event(self._index.revision + 1, key, None, before)])
        self._schedule()
