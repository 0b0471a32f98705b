"""A store whose objects are seen in one version, whatever version they are stored in: each pass asks a webhook."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import orjson

from miniapi.meta.objects import Object
from miniapi.registry.encoding import stored_order
from miniapi.storage.interface import Event, KeyConflict, Page, Progress, Store, Stored

Convert = Callable[[Sequence[Object], str], Awaitable[list[Object]]]
"""(objects, apiVersion) -> the objects in that version, in their order."""


class ConvertingStore:
    """`seen` is the apiVersion that is shown and taken, `stored` the one that is kept."""

    def __init__(self, store: Store, convert: Convert, seen: str, stored: str) -> None:
        self._store, self._convert, self._seen, self._stored = store, convert, seen, stored

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        """As shown."""
        found = await self._store.get(key, revision=revision)
        return (await self._shown([found]))[0] if found is not None else None

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """A page as shown, converted at once."""
        page = await self._store.scan(prefix, after=after, limit=limit, revision=revision)
        return replace(page, items=await self._shown(page.items))

    async def count(self, prefix: str) -> int:
        """The store's."""
        return await self._store.count(prefix)

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        """Converts to the stored version first."""
        [obj] = await self._convert([orjson.loads(value)], self._stored)
        try:
            return await self._store.put(
                key, orjson.dumps(stored_order(obj)), expected=expected, lease_seconds=lease_seconds
            )
        except KeyConflict as conflict:
            raise await self._conflict(conflict) from None

    async def delete(self, key: str, *, expected: int) -> int:
        """As the store's."""
        try:
            return await self._store.delete(key, expected=expected)
        except KeyConflict as conflict:
            raise await self._conflict(conflict) from None

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """Events as shown, a batch at a time."""
        return self._watched(self._store.watch(prefix, after=after))

    @asynccontextmanager
    async def _watched(
        self, opened: AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]
    ) -> AsyncGenerator[AsyncIterator[Sequence[Event] | Progress], None]:
        async with opened as stream:
            yield _Converted(stream, self._events)

    async def revision(self) -> int:
        """The store's."""
        return await self._store.revision()

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        """The store's."""
        await self._store.hasten(prefix, revision)

    async def compact(self, revision: int) -> None:
        """The store's."""
        await self._store.compact(revision)

    async def ready(self) -> None:
        """The store's."""
        await self._store.ready()

    async def close(self) -> None:
        """The store is closed by who opened it."""

    async def _conflict(self, conflict: KeyConflict) -> KeyConflict:
        current = conflict.current
        return KeyConflict(conflict.key, (await self._shown([current]))[0] if current is not None else None)

    async def _shown(self, found: Sequence[Stored]) -> list[Stored]:
        objects = await self._convert([orjson.loads(s.value) for s in found], self._seen)
        return [replace(s, value=orjson.dumps(stored_order(o))) for s, o in zip(found, objects, strict=True)]

    async def _events(self, batch: Sequence[Event]) -> list[Event]:
        found = [s for event in batch for s in (event.current, event.previous) if s is not None]
        shown = iter(await self._shown(found))
        return [
            Event(e.revision, e.key, next(shown) if e.current else None, next(shown) if e.previous else None)
            for e in batch
        ]


class _Converted:
    """A stream with its batches converted."""

    def __init__(
        self,
        stream: AsyncIterator[Sequence[Event] | Progress],
        convert: Callable[[Sequence[Event]], Awaitable[list[Event]]],
    ) -> None:
        self._stream, self._convert = stream, convert

    def __aiter__(self) -> AsyncIterator[Sequence[Event] | Progress]:
        return self

    async def __anext__(self) -> Sequence[Event] | Progress:
        batch = await anext(self._stream)
        return batch if isinstance(batch, Progress) else await self._convert(batch)
