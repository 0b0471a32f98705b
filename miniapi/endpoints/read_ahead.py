"""Reading a stream ahead of who takes it: what came meanwhile is taken together, and waiting can end without harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Generic, TypeVar

MOST_AHEAD = 256
"""Items that are read before somebody takes them; the stream keeps what follows."""

Item = TypeVar("Item")


class ReadAhead(Generic[Item]):
    """A context manager around the task that reads; to be used by one other task."""

    def __init__(self, stream: AsyncIterator[Item]) -> None:
        self._stream = stream
        self._items: list[Item] = []
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    async def __aenter__(self) -> ReadAhead[Item]:
        self._task = asyncio.create_task(self._read())
        self._task.add_done_callback(self._wake)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        # What the stream raised after the last `take` concerns nobody any more.
        await asyncio.gather(self._task, return_exceptions=True)

    async def take(self, until: float) -> list[Item] | None:
        """All that has come; nothing only when the loop's time is `until`; None after the stream's end.

        Raises what the stream raised, once everything before has been taken.
        """
        if not self._items and not self._task.done():
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_at(until, self._wake)
            try:
                await self._waiter
            finally:
                self._waiter = None
                timer.cancel()
        items, self._items = self._items, []
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        if not items and self._task.done():
            self._task.result()
            return None
        return items

    async def _read(self) -> None:
        async for item in self._stream:
            self._items.append(item)
            self._wake()
            if len(self._items) >= MOST_AHEAD:
                self._room = asyncio.get_running_loop().create_future()
                await self._room

    def _wake(self, _: object = None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
