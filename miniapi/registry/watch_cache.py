"""One resource of a store that others write to as well, held in memory and kept up to date by one watch.

Lists and watches are answered from it, however many there are (apiserver/pkg/storage/cacher). A consistent list asks
for the store's revision and waits until the cache has reached it. Its index is the one that the local stores have.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from miniapi.errors import ApiError
from miniapi.registry.encoding import StoredForm
from miniapi.registry.transcoding import REMEMBERED_WRITES, TranscodingStore
from miniapi.storage.index import Index
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

FRESH_SECONDS = 3.0
"""How long a consistent read waits for the cache; then it reads the store itself."""
PAGE_KEYS = 250
"""How much of the store is read, and decoded at one go, when the cache is filled."""
RETRY_SECONDS = (0.1, 5.0)
"""First and longest pause before the cache is filled again after a failure."""
MOST_AHEAD = REMEMBERED_WRITES // 2
"""How many writes of this server may be ahead of the watch before others wait for it, and are remembered too."""
PACE_SECONDS = 0.5
"""How long a write waits for the watch at most: one that is broken holds up nobody for long."""

log = logging.getLogger(__name__)


class WatchCache:
    """`Store` of the keys with one prefix. It fills with its first list or watch, and lives until it is closed."""

    def __init__(self, store: Store, prefix: str, form: StoredForm, began: Callable[[], int] = lambda: 0) -> None:
        """`began` is a revision from which on changes can be watched, 0 for that of the first read."""
        self._store = TranscodingStore(store, form, self._known)
        self._prefix, self._began = prefix, began
        self._index: Index | None = None
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
        index = await self._reached(revision or await self._latest())
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
            if self._store.unseen > MOST_AHEAD:
                await self._keep_pace()
            return await self._store.put(key, value, expected=expected, lease_seconds=lease_seconds)
        except BaseException:
            self._store.forget(key)
            raise

    async def _keep_pace(self) -> None:
        """Lets the watch, which brings one event at a time, follow the many that write at the same time.

        A watch that falls behind would tell everybody late, and of writes that are no longer remembered.
        """
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
        return await self._store.delete(key, expected=expected)

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

    async def _reached(self, revision: int) -> Index | None:
        """The index once it is at the revision; None if that takes too long."""
        index = await self._ready()
        if index.revision >= revision:
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
        return await self._store.revision_of(self._prefix)

    async def _fill(self) -> None:
        """Lists and watches until cancelled."""
        pause, longest = RETRY_SECONDS
        while True:
            try:
                index = self._replace(*await self._list())
                pause = RETRY_SECONDS[0]
                async with self._store.watch(self._prefix, after=index.revision) as stream:
                    # Whoever waits has asked before there was a watch to be told of.
                    await self._store.revision_of(self._prefix)
                    async for batch in stream:
                        if isinstance(batch, Progress):
                            index.advance(batch.revision)
                        else:
                            index.apply(batch)
                            if self._paced and self._store.unseen - len(self._paced) < MOST_AHEAD // 2:
                                self._let_go()
                        if self._waiting:
                            self._advanced(index.revision)
            except RevisionCompacted:
                log.warning("the watch of %s fell behind what the store keeps; it is read anew", self._prefix)
            except (StoreUnavailable, ApiError) as problem:
                self._problem = problem
                self._tried.set()
                log.warning("%s cannot be kept up to date: %s", self._prefix, problem)
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

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
        self._store.forget_all()
        self._let_go()
        self._advanced(revision)
        return self._index
