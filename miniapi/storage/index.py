"""The in-memory index under the memory and the embedded store: what is there, what was, who watches."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from miniapi.storage.interface import (
    Event,
    Page,
    Progress,
    RevisionCompacted,
    RevisionInFuture,
    Stored,
    StoreUnavailable,
)

MAX_HISTORY_EVENTS = 20_000
"""Events kept for watches and older reads; older ones are compacted away."""
MAX_PENDING_EVENTS = 20_000
"""Events that a watcher may fall behind before it is cut off and has to watch again."""


class _Watcher:
    __slots__ = ("closed", "overrun", "pending", "prefix", "wake")

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.pending: list[Event] = []
        self.wake: asyncio.Future[None] | None = None
        self.overrun = 0
        self.closed = False


class Index:
    """Keys in order, their current values, and the events since the last compaction."""

    def __init__(self) -> None:
        self.current: dict[str, Stored] = {}
        self._keys: list[str] = []
        self._history: deque[Event] = deque()
        self._watchers: set[_Watcher] = set()
        self.revision = 1
        self.compacted = 1
        """Reads and watches at revisions below this one fail."""

    def load(self, items: Sequence[Stored], revision: int) -> None:
        """Fills an empty index from what was durable, sorted by key."""
        self.current = {s.key: s for s in items}
        self._keys = [s.key for s in items]
        self.revision = self.compacted = max(revision, 1)

    def get(self, key: str, revision: int) -> Stored | None:
        """The key at a revision, 0 for now."""
        if not revision or revision == self.revision:
            return self.current.get(key)
        self._check(revision)
        found = self.current.get(key)
        for event in reversed(self._history):
            if event.revision <= revision:
                break
            if event.key == key:
                found = event.previous
        return found

    def scan(self, prefix: str, after: str, limit: int, revision: int) -> Page:
        """A page of a range, at a revision, 0 for now."""
        if revision and revision != self.revision:
            self._check(revision)
            return self._scan_older(prefix, after, limit, revision)
        keys = self._keys
        start = bisect_right(keys, after) if after and after >= prefix else bisect_left(keys, prefix)
        end = bisect_left(keys, prefix + "\U0010ffff", start)
        stop = min(end, start + limit) if limit else end
        current = self.current
        return Page([current[k] for k in keys[start:stop]], self.revision, stop < end, end - stop)

    def count(self, prefix: str) -> int:
        """How many keys have the prefix."""
        start = bisect_left(self._keys, prefix)
        return bisect_left(self._keys, prefix + "\U0010ffff", start) - start

    def _scan_older(self, prefix: str, after: str, limit: int, revision: int) -> Page:
        view = {s.key: s for s in self.scan(prefix, "", 0, 0).items}
        for event in reversed(self._history):
            if event.revision <= revision:
                break
            if event.key.startswith(prefix):
                if event.previous is None:
                    view.pop(event.key, None)
                else:
                    view[event.key] = event.previous
        keys = sorted(k for k in view if k > after)
        chosen = keys[:limit] if limit else keys
        return Page([view[k] for k in chosen], revision, len(chosen) < len(keys), len(keys) - len(chosen))

    def _check(self, revision: int) -> None:
        if revision > self.revision:
            raise RevisionInFuture(revision, self.revision)
        if revision < self.compacted:
            raise RevisionCompacted(revision, self.compacted)

    def apply(self, events: Sequence[Event]) -> None:
        """Makes a commit visible: to readers at once, to watchers in their queues."""
        for event in events:
            key = event.key
            if event.current is None:
                del self.current[key]
                del self._keys[bisect_left(self._keys, key)]
            else:
                if event.previous is None:
                    if self._keys and key < self._keys[-1]:
                        insort(self._keys, key)
                    else:
                        self._keys.append(key)
                self.current[key] = event.current
        self.revision = events[-1].revision
        self._history.extend(events)
        while len(self._history) > MAX_HISTORY_EVENTS:
            self.compacted = self._history.popleft().revision
        for watcher in self._watchers:
            prefix = watcher.prefix
            mine = [e for e in events if e.key.startswith(prefix)]
            if mine:
                if len(watcher.pending) + len(mine) > MAX_PENDING_EVENTS:
                    watcher.overrun = watcher.pending[0].revision
                    watcher.pending.clear()
                watcher.pending.extend(mine)
                if watcher.wake is not None and not watcher.wake.done():
                    watcher.wake.set_result(None)

    def compact(self, revision: int) -> None:
        """Forgets what is older than the revision."""
        while self._history and self._history[0].revision <= revision:
            self._history.popleft()
        self.compacted = max(self.compacted, min(revision, self.revision))

    @asynccontextmanager
    async def watch(self, prefix: str, after: int) -> AsyncIterator[AsyncIterator[Sequence[Event] | Progress]]:
        """Events after a revision, 0 for from now on."""
        if after and after < self.compacted:
            raise RevisionCompacted(after, self.compacted)
        watcher = _Watcher(prefix)
        if after:
            for event in reversed(self._history):
                if event.revision <= after:
                    break
                if event.key.startswith(prefix):
                    watcher.pending.append(event)
            watcher.pending.reverse()
        self._watchers.add(watcher)
        try:
            yield self._follow(watcher, after)
        finally:
            self._watchers.discard(watcher)
            watcher.closed = True

    async def _follow(self, watcher: _Watcher, after: int) -> AsyncIterator[Sequence[Event] | Progress]:
        while not watcher.closed:
            if watcher.overrun:
                raise RevisionCompacted(watcher.overrun, self.revision)
            if not watcher.pending:
                watcher.wake = asyncio.get_running_loop().create_future()
                await watcher.wake
                watcher.wake = None
                continue
            batch, watcher.pending = watcher.pending, []
            batch = [e for e in batch if e.revision > after] if batch[0].revision <= after else batch
            if batch:
                yield batch

    def close(self) -> None:
        """Ends all watches."""
        for watcher in self._watchers:
            watcher.closed = True
            if watcher.wake is not None and not watcher.wake.done():
                watcher.wake.set_exception(StoreUnavailable("the store is closed"))
