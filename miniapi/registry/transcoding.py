"""A store as a resource reads it: every value in our own JSON, whatever encoding lies at rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from miniapi.registry.encoding import StoredForm, is_own, own_json, stored_order
from miniapi.storage.interface import Event, KeyConflict, Page, Progress, Store, Stored

REMEMBERED_WRITES = 2048
"""Beyond these, what was written longest ago is decoded when it comes back."""
Known = Callable[[str], Stored | None]
"""A key's newest version as it was read before, so that the same version is not transcoded twice."""


class TranscodingStore:
    """`Store` whose reads give own JSON; what is put lies there as it is given."""

    def __init__(self, store: Store, form: StoredForm, known: Known = lambda _: None) -> None:
        self.store, self._form, self._known = store, form, known
        self._written: dict[str, tuple[bytes, bytes]] = {}

    @property
    def unseen(self) -> int:
        """How many remembered writes have not come back yet."""
        return len(self._written)

    def remember(self, key: str, at_rest: bytes, own: bytes) -> None:
        """A value about to be written, in both encodings: it comes back with a watch, and need not be decoded then."""
        if len(self._written) >= REMEMBERED_WRITES:
            del self._written[next(iter(self._written))]
        self._written[key] = (at_rest, own)

    def forget(self, key: str) -> None:
        """It was not written after all."""
        self._written.pop(key, None)

    def forget_all(self) -> None:
        """A new watch begins behind them."""
        self._written.clear()

    def own(self, stored: Stored) -> Stored:
        """The same version with its value in own JSON; stale where it would now be stored in another encoding."""
        known = self._known(stored.key)
        if known is not None and known.mod_revision == stored.mod_revision and known.stale == stored.stale:
            return known
        if is_own(stored.value):
            return stored
        written = self._written.get(stored.key)
        if written is not None and written[0] == stored.value:
            del self._written[stored.key]
            return replace(stored, value=written[1])
        obj = self._form.decode(stored.value)
        stale = stored.stale or not self._form.writes(stored.value)
        return replace(stored, value=own_json(stored_order(obj)), stale=stale)

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

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        """`Store.put`."""
        try:
            return await self.store.put(key, value, expected=expected, lease_seconds=lease_seconds)
        except KeyConflict as conflict:
            raise self._conflict(conflict) from None

    async def delete(self, key: str, *, expected: int) -> int:
        """`Store.delete`."""
        try:
            return await self.store.delete(key, expected=expected)
        except KeyConflict as conflict:
            raise self._conflict(conflict) from None

    @asynccontextmanager
    async def _watching(self, prefix: str, after: int) -> AsyncIterator[AsyncIterator[Sequence[Event] | Progress]]:
        async with self.store.watch(prefix, after=after) as stream:
            yield self._events(stream)

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """`Store.watch`."""
        return self._watching(prefix, after)

    async def revision(self) -> int:
        """`Store.revision`."""
        return await self.store.revision()

    async def revision_of(self, prefix: str) -> int:
        """As the store's, if it knows; else plainly its revision."""
        hasten = getattr(self.store, "revision_of", None)
        return int(await hasten(prefix)) if hasten is not None else await self.store.revision()

    async def compact(self, revision: int) -> None:
        """`Store.compact`."""
        await self.store.compact(revision)

    async def ready(self) -> None:
        """`Store.ready`."""
        await self.store.ready()

    async def close(self) -> None:
        """Nothing: the store behind is shared, and closed by who made it."""

    async def _events(
        self, stream: AsyncIterator[Sequence[Event] | Progress]
    ) -> AsyncIterator[Sequence[Event] | Progress]:
        async for batch in stream:
            if isinstance(batch, Progress):
                yield batch
            else:
                yield [self._event(event) for event in batch]

    def _event(self, event: Event) -> Event:
        current = self.own(event.current) if event.current else None
        previous = self.own(event.previous) if event.previous else None
        if current is event.current and previous is event.previous:
            return event
        return Event(event.revision, event.key, current, previous)

    def _conflict(self, conflict: KeyConflict) -> KeyConflict:
        return KeyConflict(conflict.key, self.own(conflict.current) if conflict.current else None)
