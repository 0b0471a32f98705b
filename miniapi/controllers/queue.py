"""What controllers have to look at, and the loop that looks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from miniapi.errors import ApiError

log = logging.getLogger("miniapi.controllers")

RETRY_SECONDS = 1.0


class Queue:
    """Names to look at, each at most once in the queue."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._wake = asyncio.Event()

    def add(self, name: str) -> None:
        """Asks for a look at the name."""
        self._names[name] = None
        self._wake.set()

    async def take(self) -> str:
        """The next name; waits for one."""
        while not self._names:
            self._wake.clear()
            await self._wake.wait()
        name = next(iter(self._names))
        del self._names[name]
        return name


async def reconcile_all(queue: Queue, reconcile: Callable[[str], Awaitable[None]]) -> None:
    """Looks at one name after the other until cancelled; again a second later where that fails."""
    while True:
        name = await queue.take()
        try:
            await reconcile(name)
        except ApiError as problem:
            if problem.code == 404:
                continue  # gone while it was looked at
            if problem.code != 409:
                log.warning("%s: %s", name, problem)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, queue.add, name)
