"""Many writers, one transaction: writes are judged in order, made durable together, and seen only then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future

from miniapi.storage.index import Index, next_event
from miniapi.storage.interface import Event, KeyConflict, Stored, StoreUnavailable

MAX_BATCH = 512
"""Writes that share one transaction at the most."""

Untils = Sequence[float]
"""Unix times at which the keys of a batch end, 0 for never."""
_Write = tuple[str, bytes | None, Stored | None, int, float, "asyncio.Future[int]"]
"""Key, value (None: delete), version before, lease seconds, their end, who waits."""


class GroupCommit:
    """The only writer of an index.

    A key with a pending write takes no other until that one is settled: nobody is told of what is
    not durable, not even by a conflict. Each queued write has a caller that waits for it, so the
    queue is as long as there are callers.
    """

    def __init__(
        self,
        index: Index,
        commit: Callable[[Sequence[Event], Untils], None],
        thread: Executor,
        committed: Callable[[Sequence[Event], Untils], None],
        failed: Callable[[StoreUnavailable], None],
    ) -> None:
        """`commit` runs in the thread and raises StoreUnavailable; `committed`, `failed` are told on the loop.

        `committed` has to apply the events to the index.
        """
        self._index, self._commit, self._thread = index, commit, thread
        self._committed, self._failed = committed, failed
        self._pending: set[str] = set()
        self._queue: list[_Write] = []
        self._busy = False
        self._settled: asyncio.Future[None] | None = None
        self._since = 0.0
        self.refusal = ""
        """Why no writes are taken any more; empty while they are."""

    async def write(self, key: str, value: bytes | None, expected: int, lease_seconds: int = 0) -> int:
        """The revision at which a conditional put (None: delete) is durable; KeyConflict, StoreUnavailable."""
        while key in self._pending:
            await self._settlement()
        if self.refusal:
            raise StoreUnavailable(self.refusal)
        before = self._index.current.get(key)
        found = before.mod_revision if before is not None else 0
        if found != expected or (value is None and not found):
            raise KeyConflict(key, before)
        return await self._submit(key, value, before, lease_seconds)

    def expire(self, key: str, revision: int, retry: Callable[[str, int], None]) -> None:
        """Deletes a key if it is still at the revision; `retry` is called if that cannot be done now."""
        if key in self._pending or self.refusal:
            retry(key, revision)
            return
        before = self._index.current.get(key)
        if before is None or before.mod_revision != revision:
            return

        def settled(done: asyncio.Future[int]) -> None:
            if not done.cancelled() and done.exception() is not None:
                retry(key, revision)

        self._submit(key, None, before, 0).add_done_callback(settled)

    def stalled_seconds(self) -> float:
        """How long the commit under way has taken so far, 0 if there is none."""
        return time.monotonic() - self._since if self._since else 0.0

    async def close(self, reason: str) -> None:
        """Refuses new writes and waits for those that were taken."""
        self.refusal = reason
        while self._busy:
            await self._settlement()

    def _submit(self, key: str, value: bytes | None, before: Stored | None, lease_seconds: int) -> asyncio.Future[int]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()
        until = time.time() + lease_seconds if lease_seconds else 0.0
        self._pending.add(key)
        self._queue.append((key, value, before, lease_seconds, until, done))
        if not self._busy:
            self._busy = True
            # Not at once: whoever else is ready to write now shall be in the same batch.
            loop.call_soon(self._flush)
        return done

    async def _settlement(self) -> None:
        if self._settled is None:
            self._settled = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._settled)

    def _flush(self) -> None:
        batch = self._queue[:MAX_BATCH]
        del self._queue[:MAX_BATCH]
        revision = self._index.revision
        events = []
        for key, value, before, lease_seconds, _, _ in batch:
            revision += 1
            events.append(next_event(key, value, before, revision, lease_seconds))
        untils = [write[4] for write in batch]
        self._since = time.monotonic()
        loop = asyncio.get_running_loop()

        def done(work: Future[None]) -> None:
            loop.call_soon_threadsafe(self._finish, batch, events, untils, work)

        # Not run_in_executor: its future costs as much as a small batch.
        self._thread.submit(self._commit, events, untils).add_done_callback(done)

    def _finish(self, batch: Sequence[_Write], events: Sequence[Event], untils: Untils, work: Future[None]) -> None:
        self._since = 0.0
        self._pending.difference_update([write[0] for write in batch])
        problem = work.exception()
        if problem is None:
            self._committed(events, untils)
            for write, event in zip(batch, events, strict=True):
                if not write[5].done():
                    write[5].set_result(event.revision)
        else:
            if isinstance(problem, StoreUnavailable):
                self._failed(problem)
            for write in batch:
                if not write[5].done():
                    write[5].set_exception(problem)
        if self._settled is not None:
            self._settled.set_result(None)
            self._settled = None
        if self._queue:
            # After the writers just woken, so that what they write next is in the same batch.
            asyncio.get_running_loop().call_soon(self._flush)
        else:
            self._busy = False
