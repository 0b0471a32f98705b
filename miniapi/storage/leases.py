"""Keys that end by themselves: when which version of which key does."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable, Iterable

LONGEST_SLEEP_SECONDS = 60.0
"""The wall clock is looked at this often at least: it may be set."""
RETRY_SECONDS = 1.0
"""When an expiry that could not be written is tried again."""

Lease = tuple[float, str, int]
"""Unix time of its end, key, the mod_revision that it belongs to."""


class Leases:
    """A timer over all leases; `expire(key, revision)` is called on the loop at or after each one's end."""

    def __init__(self, expire: Callable[[str, int], None], leases: Iterable[Lease] = ()) -> None:
        self._expire = expire
        self._heap = list(leases)
        heapq.heapify(self._heap)
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0.0
        self._closed = False

    def add(self, until: float, key: str, revision: int) -> None:
        """A version's end. One that is superseded until then ends nothing, the callee has to see to it."""
        heapq.heappush(self._heap, (until, key, revision))
        self.arm()

    def retry(self, key: str, revision: int) -> None:
        """Asks again a little later."""
        self.add(time.time() + RETRY_SECONDS, key, revision)

    def arm(self) -> None:
        """Sets the timer if there is something to wait for; has to be called on the loop."""
        if self._closed or not self._heap:
            return
        until = self._heap[0][0]
        if self._timer is not None:
            if self._armed_for <= until:
                return
            self._timer.cancel()
        self._armed_for = until
        delay = min(max(0.0, until - time.time()), LONGEST_SLEEP_SECONDS)
        self._timer = asyncio.get_running_loop().call_later(delay, self._fire)

    def close(self) -> None:
        """Ends nothing any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        self._timer = None
        now = time.time()
        while self._heap and self._heap[0][0] <= now:
            _, key, revision = heapq.heappop(self._heap)
            self._expire(key, revision)
        self.arm()
