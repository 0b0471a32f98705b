"""Those who hear of an informer's changes, each at its own pace (client-go's processorListener)."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from miniapi.client.cache import Key
from miniapi.meta.objects import Object
from miniapi.wire import Held

log = logging.getLogger("miniapi.informers")

Handler = Callable[[str, Object | None, Object | None], None]
"""(ADDED, MODIFIED or DELETED; old; new). Called from the event loop, in order per object; must not wait."""
AsyncHandler = Callable[[str, Object | None, Object | None], Awaitable[None]]
"""The same for what takes its time: called one change after another, and nobody else waits for it."""
Concerns = Callable[[str, Key], bool]
"""(event, key) -> whether a handler wants to hear of it. Asked before the object is even decoded."""

MOST_PENDING = 10_000
"""Changes that wait for an async handler before changes of the same object are told as one."""


class Tombstone(dict[str, object]):
    """The last state known of an object that was found gone: its deletion itself was not seen."""


class Change(NamedTuple):
    """One thing to tell."""

    event: str
    key: Key
    old: Held | None
    new: Held | None

    def told(self) -> tuple[str, Object | None, Object | None]:
        """As handlers hear it."""
        old, new = self.old, self.new
        return self.event, None if old is None else old.object(), None if new is None else new.object()


class Listener(Protocol):
    """What an informer tells its changes to."""

    resync_seconds: float
    resync_at: float

    def tell(self, change: Change) -> None: ...

    def close(self) -> None: ...


class DirectListener:
    """Calls a plain function; a fault in it is the loop's to report, and nobody else's trouble."""

    def __init__(self, handler: Handler, resync_seconds: float, concerns: Concerns | None = None) -> None:
        self._handler = handler
        self._concerns = concerns
        self.resync_seconds = resync_seconds
        self.resync_at = 0.0

    def tell(self, change: Change) -> None:
        """In the loop's next round, in order."""
        if self._concerns is None or self._concerns(change.event, change.key):
            asyncio.get_running_loop().call_soon(self._handler, *change.told())

    def close(self) -> None:
        """Nothing waits."""


class QueuedListener:
    """Awaits a coroutine function for one change after another, in a task of its own."""

    def __init__(self, handler: AsyncHandler, resync_seconds: float) -> None:
        self._handler = handler
        self.resync_seconds = resync_seconds
        self.resync_at = 0.0
        self._pending: deque[Change] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def tell(self, change: Change) -> None:
        """Queues the change; beyond the limit, changes of one object that nobody has heard yet become one."""
        if len(self._pending) >= MOST_PENDING:
            self._shorten()
        self._pending.append(change)
        if self._task is None and not self._closed:
            self._begin()

    def close(self) -> None:
        """What was not told is dropped."""
        self._closed = True
        self._pending.clear()
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._drain())
        self._task.add_done_callback(self._ended)

    async def _drain(self) -> None:
        while self._pending:
            change = self._pending.popleft()
            await self._handler(*change.told())

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and task.exception() is not None:
            log.error("an informer's handler failed", exc_info=task.exception())
        if self._pending and not self._closed:
            self._begin()

    def _shorten(self) -> None:
        kept: list[Change] = []
        latest: dict[Key, int] = {}
        for change in self._pending:
            at = latest.get(change.key)
            if at is not None and change.event == "MODIFIED" and kept[at].event != "DELETED":
                kept[at] = kept[at]._replace(new=change.new)
            else:
                latest[change.key] = len(kept)
                kept.append(change)
        self._pending = deque(kept)
