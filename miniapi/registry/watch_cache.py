"""One resource of a store that others write to as well, held in memory and kept up to date by one watch.

Lists and watches are answered from it, however many there are (apiserver/pkg/storage/cacher). A consistent list asks
for the store's revision and waits until the cache has reached it. Its index is the one that the local stores have.

What this server writes enters the cache with the store's answer, as long as nobody else has written in between; the
watch then says nothing new. Otherwise it waits until the watch has told what came before.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import NamedTuple

from miniapi.errors import ApiError
from miniapi.registry.encoding import StoredForm
from miniapi.registry.transcoding import REMEMBERED_WRITES, TranscodingStore
from miniapi.storage.index import Index, next_event
from miniapi.storage.interface import (
    Event,
    Page,
    Progress,
    RevisionCompacted,
    RevisionInFuture,
    Store,
    Stored,
    StoreUnavailable,
)
from miniapi.storage.own_writes import OwnWrites

FRESH_SECONDS = 3.0
"""How long a consistent read waits for the cache; then it reads the store itself."""
PAGE_KEYS = 250
"""How much of the store is read, and decoded at one go, when the cache is filled."""
RETRY_SECONDS = (0.1, 5.0)
"""First and longest pause before the cache is filled again after a failure."""
MOST_AHEAD = REMEMBERED_WRITES // 2
"""How many writes of this server may wait for the watch before others wait for it, too."""
PACE_SECONDS = 0.5
"""How long a write waits for the watch at most: one that is broken holds up nobody for long."""

log = logging.getLogger(__name__)


class _Write(NamedTuple):
    """A write of this server; every revision from `first` to its own is one, too."""

    revision: int
    first: int
    key: str
    value: bytes | None
    expected: int
    lease_seconds: int


class WatchCache:
    """`Store` of the keys with one prefix. It fills with its first list or watch, and lives until it is closed."""

    def __init__(
        self,
        store: Store,
        prefix: str,
        form: StoredForm,
        writes: OwnWrites,
        began: Callable[[], int] = lambda: 0,
    ) -> None:
        """`writes` counts all of this process to the store.

        Changes can be watched from revision `began` on; 0 is that of the first read.
        """
        self._store = TranscodingStore(store, form, writes, self._known)
        self._prefix, self._writes, self._began = prefix, writes, began
        self._index: Index | None = None
        self._ahead: deque[_Write] = deque()
        """Own writes that the index has not, in order."""
        self._newest = 0
        """The newest own write that was told of."""
        self._floor = 0
        """The newest own write that only the watch can bring: before it has, none after it can be taken."""
        self._tried = asyncio.Event()
        """Filled once, or failed to be."""
        self._problem: Exception | None = None
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._paced: list[asyncio.Future[None]] = []
        """Writes that wait for the watch."""
        self._asking: asyncio.Task[int] | None = None
        self._next: asyncio.Task[int] | None = None
        self._filler: asyncio.Task[None] | None = None

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        """`Store.get`: from the store, in the form that the cache may have of it already."""
        return await self._store.get(key, revision=revision)

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """`Store.scan`. While the cache is being filled, pages come from the store."""
        self._begin()
        if limit and self._index is None:
            return await self._store.scan(prefix, after=after, limit=limit, revision=revision)
        index = await (self._reached(revision) if revision else self._fresh())
        if index is not None:
            try:
                return index.scan(prefix, after, limit, revision)
            except RevisionCompacted:
                pass  # the store may still have it
        return await self._store.scan(prefix, after=after, limit=limit, revision=revision)

    async def get_any(self, key: str) -> Stored | None:
        """The key as the cache has it; what it has not comes from the store."""
        self._begin()
        return self._known(key) or await self._store.get(key)

    async def scan_any(self, prefix: str) -> Page:
        """The range as the cache has it, of whatever revision that is."""
        return (await self._ready()).scan(prefix, "", 0, 0)

    async def count(self, prefix: str) -> int:
        """`Store.count`."""
        return await self._store.count(prefix)

    def remember(self, key: str, at_rest: bytes, own: bytes) -> None:
        """`TranscodingStore.remember`, where there is a watch that the value comes back with."""
        if self._index is not None:
            self._store.remember(key, at_rest, own)

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        """`Store.put`."""
        try:
            if len(self._ahead) > MOST_AHEAD:
                await self._keep_pace()
            own = self._store.remembered(key, value)
            tell = partial(self._wrote, key, own, expected, lease_seconds) if own is not None else self._missed
            return await self._store.put(key, value, expected=expected, lease_seconds=lease_seconds, tell=tell)
        except BaseException:
            self._store.forget(key)
            raise

    async def _keep_pace(self) -> None:
        """Lets the watch, which brings one event at a time, follow the many that write at the same time."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._paced.append(told)
        try:
            async with asyncio.timeout(PACE_SECONDS):
                await told
        except TimeoutError:
            with suppress(ValueError):
                self._paced.remove(told)

    async def delete(self, key: str, *, expected: int) -> int:
        """`Store.delete`."""
        tell = partial(self._wrote, key, None, expected, 0)
        return await self._store.delete(key, expected=expected, tell=tell)

    def _missed(self, revision: int, _: int) -> None:
        self._newest = self._floor = revision

    def _wrote(
        self, key: str, value: bytes | None, expected: int, lease_seconds: int, revision: int, first: int
    ) -> None:
        self._newest = revision
        if self._index is not None:
            self._ahead.append(_Write(revision, first, key, value, expected, lease_seconds))
            self._take_own(self._index)

    def _take_own(self, index: Index) -> None:
        """Brings the index up to date with what this server wrote, as far as nothing before it can be missing."""
        ahead = self._ahead
        while ahead:
            write = ahead[0]
            if write.revision > index.revision:
                if index.revision < max(write.first - 1, self._floor):
                    break
                before = index.current.get(write.key)
                if (before.mod_revision if before is not None else 0) != write.expected:
                    self._leave_to_watch()
                    break
                index.apply([next_event(write.key, write.value, before, write.revision, write.lease_seconds)])
                self._store.forget(write.key)
            ahead.popleft()
        if self._waiting:
            self._advanced(index.revision)

    def _leave_to_watch(self) -> None:
        self._ahead.clear()
        self._floor = self._newest

    @asynccontextmanager
    async def _watching(self, prefix: str, after: int) -> AsyncIterator[AsyncIterator[Sequence[Event] | Progress]]:
        index = await self._ready()
        async with index.watch(prefix, after) as stream:
            yield stream

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """`Store.watch`."""
        return self._watching(prefix, after)

    async def revision(self) -> int:
        """`Store.revision`."""
        return await self._latest()

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        """`Store.hasten`; what takes too long is not told."""
        index = await (self._reached(revision) if revision else self._fresh())
        if index is not None:
            index.hasten(prefix)

    async def compact(self, revision: int) -> None:
        """`Store.compact`."""
        await self._store.compact(revision)

    async def ready(self) -> None:
        """`Store.ready`."""
        await self._store.ready()

    async def close(self) -> None:
        """Ends the watch of the store, and the watches of the cache."""
        tasks = [task for task in (self._filler, self._asking, self._next) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._index is not None:
            self._index.close()

    def _known(self, key: str) -> Stored | None:
        return self._index.current.get(key) if self._index is not None else None

    def _begin(self) -> None:
        if self._filler is None:
            self._filler = asyncio.create_task(self._fill())

    async def _ready(self) -> Index:
        """The filled index; StoreUnavailable says why there is none. It takes as long as reading everything does."""
        self._begin()
        await self._tried.wait()
        if self._index is None:
            raise self._problem or StoreUnavailable(f"{self._prefix} could not be read")
        return self._index

    async def _fresh(self) -> Index | None:
        """The index once it is at the store's revision; None if that takes too long."""
        revision = await self._latest()
        index = await self._ready()
        if index.revision < revision and not self._vouched(index, revision):
            await self._store.hasten(self._prefix, revision)
        return await self._reached(revision)

    async def _reached(self, revision: int) -> Index | None:
        """The index once it is at the revision; None if that takes too long."""
        index = await self._ready()
        if index.revision >= revision or self._vouched(index, revision):
            return index
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((revision, reached))
        try:
            async with asyncio.timeout(FRESH_SECONDS):
                await reached
        except TimeoutError:
            return None
        finally:
            self._waiting = [entry for entry in self._waiting if entry[1] is not reached]
        return self._index

    def _vouched(self, index: Index, revision: int) -> bool:
        """Whether all that happened up to a revision was this server's doing, and is in the index."""
        writes = self._writes
        if self._ahead or revision > writes.last or index.revision < max(writes.first - 1, self._floor):
            return False
        index.advance(writes.last)
        return True

    def _let_go(self) -> None:
        for told in self._paced:
            if not told.done():
                told.set_result(None)
        self._paced.clear()

    def _advanced(self, revision: int) -> None:
        for wanted, reached in self._waiting:
            if wanted <= revision and not reached.done():
                reached.set_result(None)

    async def _latest(self) -> int:
        """The store's revision at some moment after the call: calls that wait at the same time share one question."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask(self._asking))
        return await asyncio.shield(self._next)

    async def _ask(self, before: asyncio.Task[int] | None) -> int:
        if before is not None:
            await asyncio.wait((before,))
        self._asking, self._next = self._next, None
        return await self._store.revision()

    async def _fill(self) -> None:
        """Lists and watches until cancelled."""
        pause, longest = RETRY_SECONDS
        while True:
            try:
                index = self._replace(*await self._list())
                pause = RETRY_SECONDS[0]
                async with self._store.watch_at_rest(self._prefix, after=index.revision) as stream:
                    if self._waiting:
                        # They have asked before there was a watch to hasten.
                        await self._store.hasten(self._prefix, max(revision for revision, _ in self._waiting))
                    async for batch in stream:
                        self._take(index, batch)
            except RevisionCompacted:
                log.warning("the watch of %s fell behind what the store keeps; it is read anew", self._prefix)
            except (StoreUnavailable, ApiError) as problem:
                self._problem = problem
                self._tried.set()
                log.warning("%s cannot be kept up to date: %s", self._prefix, problem)
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    def _take(self, index: Index, batch: Sequence[Event] | Progress) -> None:
        """What the watch brings, but for what is known already."""
        if isinstance(batch, Progress):
            index.advance(batch.revision)
        else:
            news = [self._store.event(event) for event in batch if event.revision > index.revision]
            if news:
                index.apply(news)
        self._take_own(index)
        if self._paced and len(self._ahead) < MOST_AHEAD // 2:
            self._let_go()

    async def _list(self) -> tuple[dict[str, Stored], int]:
        """What is there and the revision at which it was: that at which the server began, if it can still be read."""
        began = self._began() if self._index is None else 0
        if began:
            try:
                return await self._list_at(began)
            except (RevisionCompacted, RevisionInFuture):
                pass
        return await self._list_at(0)

    async def _list_at(self, revision: int) -> tuple[dict[str, Stored], int]:
        """Page by page, so that no more than a page is held twice."""
        current: dict[str, Stored] = {}
        after = ""
        while True:
            page = await self._store.scan(self._prefix, after=after, limit=PAGE_KEYS, revision=revision)
            current.update((stored.key, stored) for stored in page.items)
            revision = page.revision
            if not page.more:
                return current, revision
            after = page.items[-1].key

    def _replace(self, current: dict[str, Stored], revision: int) -> Index:
        """A new index; watches of an old one have missed something, and are told to list again."""
        old = self._index
        self._index = Index(current, revision=revision, compacted=revision, first=revision + 1)
        if old is not None:
            old.close(lambda seen: RevisionCompacted(seen, revision + 1))
        self._problem = None
        self._tried.set()
        self._leave_to_watch()
        self._let_go()
        self._advanced(revision)
        return self._index
