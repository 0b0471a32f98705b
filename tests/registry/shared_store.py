"""A store that others write to, as etcd is to one of several servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import orjson

from miniapi.storage.interface import Event, Page, Progress, StoreUnavailable
from miniapi.storage.memory import MemoryStore


class SharedStore(MemoryStore):
    """As etcd is to one of several servers: revisions rise elsewhere, and progress is told when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.scans = 0
        self.questions = 0
        self.down = ""
        self.tells = asyncio.Event()
        """Whether watches say anything."""
        self.tells.set()
        self._streams: list[asyncio.Queue[Sequence[Event] | Progress]] = []

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        if self.down:
            raise StoreUnavailable(self.down)
        self.scans += 1
        return await super().scan(prefix, after=after, limit=limit, revision=revision)

    @asynccontextmanager
    async def _told(self, prefix: str, after: int) -> AsyncIterator[AsyncIterator[Sequence[Event] | Progress]]:
        queue: asyncio.Queue[Sequence[Event] | Progress] = asyncio.Queue()
        self._streams.append(queue)

        async def pump() -> None:
            async with super(SharedStore, self).watch(prefix, after=after) as stream:
                async for batch in stream:
                    await queue.put(batch)

        async def events() -> AsyncIterator[Sequence[Event] | Progress]:
            while True:
                batch = await queue.get()
                await self.tells.wait()
                yield batch

        task = asyncio.create_task(pump())
        try:
            yield events()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        return self._told(prefix, after)

    async def revision(self) -> int:
        self.questions += 1
        await asyncio.sleep(0.001)
        return await super().revision()

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        revision = revision or await super().revision()
        asyncio.get_running_loop().call_later(
            0.005, lambda: [queue.put_nowait(Progress(revision)) for queue in self._streams]
        )


def pod(name: str) -> bytes:
    return orjson.dumps({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name}})
