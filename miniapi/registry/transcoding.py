"""A store as a resource reads it: every value in our own JSON, whatever encoding lies at rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from miniapi.registry.encoding import StoredForm, stored_order
from miniapi.storage.interface import Event, KeyConflict, Page, Progress, Store, Stored
from miniapi.storage.own_writes import OwnWrites, Tell

REMEMBERED_WRITES = 2048
"""Beyond these, what was written longest ago is decoded when it comes back."""
Known = Callable[[str], Stored | None]
"""A key's newest version as it was read before, so that the same version is not transcoded twice."""


def nobody(revision: int, first: int) -> None:
    """Who is told of a write that nobody waits for."""


class TranscodingStore:
    """`Store` whose reads give own JSON; what is put lies there as it is given. `writes` counts all to that store."""

    def __init__(self, store: Store, form: StoredForm, writes: OwnWrites, known: Known = lambda _: None) -> None:
        self.store, self._form, self._writes, self._known = store, form, writes, known
        self._written: dict[str, tuple[bytes, bytes]] = {}

    def remember(self, key: str, at_rest: bytes, own: bytes) -> None:
        """A value about to be written, in both encodings: it comes back with a watch, and need not be decoded then."""
        if len(self._written) >= REMEMBERED_WRITES:
            del self._written[next(iter(self._written))]
        self._written[key] = (at_rest, own)

    def remembered(self, key: str, at_rest: bytes) -> bytes | None:
        """What is about to be written in own JSON, if that is known."""
        if self._form.is_own(at_rest):
            return at_rest
        written = self._written.get(key)
        return written[1] if written is not None and written[0] == at_rest else None

    def forget(self, key: str) -> None:
        """It need not come back, or was not written after all."""
        self._written.pop(key, None)

    def own(self, stored: Stored) -> Stored:
        """The same version with its value in own JSON; stale where it would now be stored in another encoding."""
        known = self._known(stored.key)
        if known is not None and known.mod_revision == stored.mod_revision and known.stale == stored.stale:
            return known
        if self._form.is_own(stored.value):
            return stored
        written = self._written.get(stored.key)
        if written is not None and written[0] == stored.value:
            del self._written[stored.key]
            return replace(stored, value=written[1])
        obj = self._form.decode(stored.value)
        stale = stored.stale or not self._form.writes(stored.value)
        return replace(stored, value=self._form.own(stored_order(obj)), stale=stale)

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        """`Store.get`."""
        found = await self.store.get(key, revision=revision)
        return self.own(found) if found is not None else None

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """`Store.scan`."""
        page = await self.store.scan(prefix, after=after, limit=limit, revision=revision)
        return replace(page, items=[self.own(item) for item in page.items])

    async def count(self, prefix: str) -> int:
        """`Store.count`."""
        return await self.store.count(prefix)

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0, tell: Tell = nobody) -> int:
        """`Store.put`, told of in its turn."""
        return await self._counted(self.store.put(key, value, expected=expected, lease_seconds=lease_seconds), tell)

    async def delete(self, key: str, *, expected: int, tell: Tell = nobody) -> int:
        """`Store.delete`, told of in its turn."""
        return await self._counted(self.store.delete(key, expected=expected), tell)

    async def _counted(self, write: Awaitable[int], tell: Tell) -> int:
        turn = self._writes.begin()
        try:
            revision = await write
        except BaseException as problem:
            self._writes.fail(turn)
            if isinstance(problem, KeyConflict):
                raise self._conflict(problem) from None
            raise
        self._writes.done(turn, revision, tell)
        return revision

    def watch_at_rest(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """`Store.watch`, with the values as they lie there."""
        return self.store.watch(prefix, after=after)

    @asynccontextmanager
    async def _watching(self, prefix: str, after: int) -> AsyncIterator[AsyncIterator[Sequence[Event] | Progress]]:
        async with self.store.watch(prefix, after=after) as stream:
            yield self._events(stream)

    async def _events(
        self, stream: AsyncIterator[Sequence[Event] | Progress]
    ) -> AsyncIterator[Sequence[Event] | Progress]:
        async for batch in stream:
            yield batch if isinstance(batch, Progress) else [self.event(event) for event in batch]

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """`Store.watch`."""
        return self._watching(prefix, after)

    async def revision(self) -> int:
        """`Store.revision`."""
        return await self.store.revision()

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        """`Store.hasten`."""
        await self.store.hasten(prefix, revision)

    async def compact(self, revision: int) -> None:
        """`Store.compact`."""
        await self.store.compact(revision)

    async def ready(self) -> None:
        """`Store.ready`."""
        await self.store.ready()

    async def close(self) -> None:
        """Nothing: the store behind is shared, and closed by who made it."""

    def event(self, event: Event) -> Event:
        """A change with its values in own JSON."""
        current = self.own(event.current) if event.current else None
        previous = self.own(event.previous) if event.previous else None
        if current is event.current and previous is event.previous:
            return event
        return Event(event.revision, event.key, current, previous)

    def _conflict(self, conflict: KeyConflict) -> KeyConflict:
        return KeyConflict(conflict.key, self.own(conflict.current) if conflict.current else None)
