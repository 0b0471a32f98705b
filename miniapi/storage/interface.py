"""The store's seam: bytes under keys, one revision counter, one conditional write.

Semantics are etcd's: every write raises the store's revision by one; a key remembers the
revision that made it, the one that last changed it and how often it changed.
Implementations raise KeyConflict, RevisionCompacted, RevisionInFuture and StoreUnavailable;
nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    """One key at one revision."""

    key: str
    value: bytes
    mod_revision: int
    create_revision: int
    version: int
    """1 for a new key, +1 per change."""
    lease_seconds: int = 0
    """Time to live that the key was written with, 0 for none."""
    stale: bool = False
    """The same value would now be kept in another form (a rotated key): write it again even if nothing changes."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a range in key order, read at one revision."""

    items: Sequence[Stored]
    revision: int
    """Revision of the store at which the range was read."""
    more: bool
    remaining: int
    """How many keys of the range come after this page."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change of one key. `current` is None for a deletion, `previous` None for a creation."""

    revision: int
    key: str
    current: Stored | None
    previous: Stored | None


@dataclass(frozen=True, slots=True)
class Progress:
    """All events up to and including `revision` have been delivered."""

    revision: int


class KeyConflict(Exception):
    """The key is not at the expected revision; `current` says what is there (None: nothing)."""

    def __init__(self, key: str, current: Stored | None) -> None:
        super().__init__(f"key {key} is at revision {current.mod_revision if current else 0}")
        self.key = key
        self.current = current


class RevisionCompacted(Exception):
    """The revision asked for is older than what the store keeps."""

    def __init__(self, requested: int, oldest: int) -> None:
        super().__init__(f"revision {requested} has been compacted, oldest is {oldest}")
        self.requested = requested
        self.oldest = oldest


class RevisionInFuture(Exception):
    """The revision asked for has not been reached."""

    def __init__(self, requested: int, current: int) -> None:
        super().__init__(f"revision {requested} is in the future, current is {current}")
        self.requested = requested
        self.current = current


class StoreUnavailable(Exception):
    """The store cannot answer now; the message is fit for a user. A write may or may not have happened."""


class Store(Protocol):
    """Bytes, keys, revisions."""

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        """The key now, or as it was at `revision`."""
        ...

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """Keys with the prefix in order, those after key `after`, at most `limit` (0: all), at `revision` (0: now)."""
        ...

    async def count(self, prefix: str) -> int:
        """How many keys have the prefix."""
        ...

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        """Writes if the key's mod_revision is `expected` (0: must not exist); returns the new revision once durable."""
        ...

    async def delete(self, key: str, *, expected: int) -> int:
        """Deletes if the key's mod_revision is `expected`; returns the revision of the deletion once durable."""
        ...

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """Batches of events of revisions > `after` (0: from now on), in revision order, none twice, none left out.

        Raises RevisionCompacted on entering or while iterating when `after` is too old. A batch is a commit.
        """
        ...

    async def revision(self) -> int:
        """The store's current revision (linearizable)."""
        ...

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        """Open watches of exactly this prefix tell their `Progress` once they have come to a revision of the store.

        0 is the current revision. They may tell of it later than this returns, and never before their events.
        """
        ...

    async def compact(self, revision: int) -> None:
        """Forgets history older than `revision`; reads and watches below it then raise RevisionCompacted."""
        ...

    async def ready(self) -> None:
        """Returns if the store can read and write, else raises StoreUnavailable."""
        ...

    async def close(self) -> None:
        """Ends watches, flushes, lets go of files and connections."""
        ...
