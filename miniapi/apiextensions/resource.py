"""The storage of a custom resource, whose watches end when its definition is replaced or goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal

from miniapi.registry.resource import Resource
from miniapi.storage.interface import Event, Progress, Store

TEAR_DOWN_SECONDS = 1.0
"""How long watches of what was replaced or deleted go on: until they have told what happened to the objects."""

Batch = Sequence[Event] | Progress


class CustomResource(Resource):
    """Objects of one definition as it was at one time."""

    def __init__(
        self, storage: Resource, *, namespaced: bool, store: Store | None = None, closed: asyncio.Event | None = None
    ) -> None:
        super().__init__(store or storage.store, storage.prefix.rstrip("/"), storage.form, namespaced=namespaced)
        self._closed = closed or asyncio.Event()

    def over(self, store: Store) -> CustomResource:
        """The same objects through another store, ending with this one."""
        return CustomResource(self, namespaced=self.namespaced, store=store, closed=self._closed)

    def close(self) -> None:
        """Ends the watches soon."""
        asyncio.get_running_loop().call_later(TEAR_DOWN_SECONDS, self._closed.set)

    def watch(self, namespace: str, after: int) -> AbstractAsyncContextManager[AsyncIterator[Batch]]:
        """As a resource's; ends with the resource."""
        return self._watched(super().watch(namespace, after))

    @asynccontextmanager
    async def _watched(
        self, opened: AbstractAsyncContextManager[AsyncIterator[Batch]]
    ) -> AsyncGenerator[AsyncIterator[Batch], None]:
        async with opened as stream:
            closing = asyncio.ensure_future(self._closed.wait())
            try:
                yield _Ending(stream, closing)
            finally:
                closing.cancel()


class _Ending:
    """A stream until a future is done."""

    def __init__(self, stream: AsyncIterator[Batch], closing: asyncio.Future[Literal[True]]) -> None:
        self._stream, self._closing = stream, closing

    def __aiter__(self) -> AsyncIterator[Batch]:
        return self

    async def __anext__(self) -> Batch:
        pending = asyncio.ensure_future(anext(self._stream, None))
        try:
            await asyncio.wait((pending, self._closing), return_when=asyncio.FIRST_COMPLETED)
            batch = pending.result() if pending.done() else None
        finally:
            pending.cancel()
        if batch is None:
            raise StopAsyncIteration
        return batch
