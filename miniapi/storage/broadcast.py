"""Who watches: events go to the watches of the prefixes of their key, slow ones catch up from the history."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from miniapi.storage.history import History
from miniapi.storage.interface import Event, Progress, RevisionCompacted

MAX_PENDING_EVENTS = 5_000
"""Events that wait for one watch; one that falls further behind reads them from the history later."""
CATCH_UP_EVENTS = 1_000
"""Events of the history that a watch looks at in one go."""


class Broadcast:
    """The open watches by prefix."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.revision = 0
        """The newest revision that was delivered."""
        self.ended: Callable[[int], Exception] | None = None
        """Makes what watches end with, of the revision they have seen; None while they go on."""
        self._watches: dict[str, list[Watch]] = {}
        self._odd: list[str] = []
        """Prefixes that do not end with a slash, so that they are not found by the slashes of a key."""

    def deliver(self, events: Sequence[Event]) -> None:
        """Puts a commit, already in the history, into the queues of all watches of its keys."""
        self.revision = events[-1].revision
        watches = self._watches
        if not watches:
            return
        batches: dict[str, list[Event]] = {}
        for event in events:
            key = event.key
            end = key.find("/") + 1
            while end:
                prefix = key[:end]
                if prefix in watches:
                    batches.setdefault(prefix, []).append(event)
                end = key.find("/", end) + 1
            for prefix in self._odd:
                if key.startswith(prefix):
                    batches.setdefault(prefix, []).append(event)
        for prefix, batch in batches.items():
            for watch in watches[prefix]:
                watch.offer(batch)

    def add(self, watch: Watch) -> None:
        """Begins to deliver to a watch."""
        if watch.prefix not in self._watches:
            self._watches[watch.prefix] = []
            if not watch.prefix.endswith("/"):
                self._odd.append(watch.prefix)
        self._watches[watch.prefix].append(watch)

    def remove(self, watch: Watch) -> None:
        """Ends it."""
        group = self._watches[watch.prefix]
        group.remove(watch)
        if not group:
            del self._watches[watch.prefix]
            if not watch.prefix.endswith("/"):
                self._odd.remove(watch.prefix)

    def hasten(self, prefix: str) -> None:
        """Asks the watches of a prefix how far they are."""
        for watch in self._watches.get(prefix, ()):
            watch.asked = True
            watch.wake()

    def end(self, problem: Callable[[int], Exception]) -> None:
        """Ends all watches with a problem."""
        self.ended = problem
        for group in self._watches.values():
            for watch in group:
                watch.wake()


class Watch:
    """One watch: a context manager that is its own iterator. To be used by one task."""

    __slots__ = (
        "_after",
        "_behind",
        "_broadcast",
        "_left",
        "_pending",
        "_position",
        "_size",
        "_waiter",
        "asked",
        "prefix",
    )

    def __init__(self, broadcast: Broadcast, prefix: str, after: int) -> None:
        self.prefix = prefix
        self._broadcast, self._after = broadcast, after
        self._pending: deque[Sequence[Event]] = deque()
        self._size = 0
        self._position = 0
        """All events up to this revision have been handed out."""
        self._behind = False
        """What comes next is to be read from the history, not from the queue."""
        self._waiter: asyncio.Future[None] | None = None
        self._left = False
        self.asked = False
        """Somebody wants to know how far it is."""

    async def __aenter__(self) -> Watch:
        broadcast = self._broadcast
        if broadcast.ended:
            raise broadcast.ended(self._after)
        if self._after and self._after + 1 < broadcast.history.first:
            raise RevisionCompacted(self._after, broadcast.history.first)
        self._position = self._after or broadcast.revision
        self._behind = self._position < broadcast.revision
        broadcast.add(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._left = True
        self._pending.clear()
        self._broadcast.remove(self)
        self.wake()

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Sequence[Event] | Progress:
        """The next batch: a commit, or what was missed of several; where that was asked, how far it is."""
        while True:
            if self._left:
                raise StopAsyncIteration
            if self._broadcast.ended:
                raise self._broadcast.ended(self._position)
            if self._behind:
                batch = self._catch_up()
                if batch:
                    return batch
                await asyncio.sleep(0)
            elif self._pending:
                batch = self._pending.popleft()
                self._size -= len(batch)
                if batch[0].revision <= self._position:
                    batch = [e for e in batch if e.revision > self._position]
                if batch:
                    self._position = batch[-1].revision
                    return batch
            elif self.asked:
                self.asked = False
                self._position = max(self._position, self._broadcast.revision)
                return Progress(self._position)
            else:
                self._waiter = asyncio.get_running_loop().create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None

    def offer(self, batch: Sequence[Event]) -> None:
        """Takes a batch of events of the prefix, which other watches share."""
        if not self._behind:
            if self._size + len(batch) > MAX_PENDING_EVENTS:
                self._pending.clear()
                self._size = 0
                self._behind = True
            else:
                self._pending.append(batch)
                self._size += len(batch)
        self.wake()

    def wake(self) -> None:
        """Lets the iteration look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _catch_up(self) -> Sequence[Event]:
        broadcast = self._broadcast
        if self._position + 1 < broadcast.history.first:
            raise RevisionCompacted(self._position, broadcast.history.first)
        events = broadcast.history.after(self._position, CATCH_UP_EVENTS)
        if events:
            self._position = events[-1].revision
        self._behind = self._position < broadcast.revision and bool(events)
        return [e for e in events if e.key.startswith(self.prefix)]
