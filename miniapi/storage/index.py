"""The in-memory index under the memory and the embedded store: what is there, what was, who watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from itertools import islice

from miniapi.storage.broadcast import Broadcast, Watch
from miniapi.storage.history import History
from miniapi.storage.interface import Event, Page, RevisionCompacted, RevisionInFuture, Stored, StoreUnavailable
from miniapi.storage.sorted_keys import SortedKeys, prefix_end

FIRST_REVISION = 1
"""Revision of an empty store, as etcd counts."""


class Index:
    """Every key's current version, and the versions since the last compaction. One event is one revision."""

    def __init__(
        self,
        current: dict[str, Stored] | None = None,
        history: Sequence[Event] = (),
        *,
        revision: int = FIRST_REVISION,
        compacted: int = FIRST_REVISION,
        first: int = 0,
    ) -> None:
        """From what is known: `history` are the events of the revisions from `first` (or `compacted`) to `revision`."""
        self.current = current if current is not None else {}
        self.revision = revision
        self._keys = SortedKeys(sorted(self.current))
        self._history = History(compacted, first)
        self._history.extend(history)
        self._broadcast = Broadcast(self._history)
        self._broadcast.revision = revision

    @property
    def compacted(self) -> int:
        """The oldest revision that can be read."""
        return self._history.compacted

    def get(self, key: str, revision: int) -> Stored | None:
        """The key at a revision, 0 for now."""
        if revision and revision != self.revision:
            self._check(revision)
            for event in self._history.after(revision, 0):
                if event.key == key:
                    return event.previous
        return self.current.get(key)

    def scan(self, prefix: str, after: str, limit: int, revision: int) -> Page:
        """A page of a range, at a revision, 0 for now."""
        keys, current = self._keys, self.current
        start = keys.behind(after) if after and after >= prefix else keys.before(prefix)
        total = keys.distance(start, keys.before(prefix_end(prefix)) if prefix else keys.end())
        if revision and revision != self.revision:
            self._check(revision)
            changed = self._changed_since(revision, prefix, after)
            if changed:
                return self._older_page(keys.walk(start, total), total, changed, limit, revision)
        count = min(limit, total) if limit else total
        items = [current[key] for key in keys.walk(start, count)]
        return Page(items, revision or self.revision, count < total, total - count)

    def count(self, prefix: str) -> int:
        """How many keys have the prefix."""
        keys = self._keys
        return keys.distance(keys.before(prefix), keys.before(prefix_end(prefix)) if prefix else keys.end())

    def apply(self, events: Sequence[Event]) -> list[int]:
        """Makes a commit visible, to readers and in the watches' queues.

        Returns the revisions of the versions that fell out of the history's bounds.
        """
        current = self.current
        for event in events:
            if event.current is None:
                del current[event.key]
                self._keys.remove(event.key)
            else:
                if event.previous is None:
                    self._keys.add(event.key)
                current[event.key] = event.current
        self.revision = events[-1].revision
        self._history.extend(events)
        self._broadcast.deliver(events)
        return self._history.trim()

    def advance(self, revision: int) -> None:
        """Nothing has happened up to a revision."""
        self.revision = max(self.revision, revision)
        self._broadcast.revision = self.revision

    def compact(self, revision: int) -> list[int]:
        """Forgets what is older; returns the revisions of the versions gone. RevisionInFuture if it is to come."""
        if revision > self.revision:
            raise RevisionInFuture(revision, self.revision)
        return self._history.compact(revision)

    def trim(self) -> list[int]:
        """Brings what was loaded within the history's bounds; returns as `compact`."""
        return self._history.trim()

    def watch(self, prefix: str, after: int) -> Watch:
        """Events after a revision, 0 for from now on."""
        return Watch(self._broadcast, prefix, after)

    def hasten(self, prefix: str) -> None:
        """Watches of a prefix tell, after their events, that they have reached the newest revision."""
        self._broadcast.hasten(prefix)

    def close(self, problem: Callable[[int], Exception] = lambda _: StoreUnavailable("the store is closed")) -> None:
        """Ends all watches; reads go on."""
        self._broadcast.end(problem)

    def _check(self, revision: int) -> None:
        if revision > self.revision:
            raise RevisionInFuture(revision, self.revision)
        if revision < self._history.compacted:
            raise RevisionCompacted(revision, self._history.compacted)

    def _changed_since(self, revision: int, prefix: str, after: str) -> dict[str, Stored | None]:
        """What the range's keys that changed since were at the revision."""
        changed: dict[str, Stored | None] = {}
        for event in self._history.after(revision, 0):
            key = event.key
            if key.startswith(prefix) and key > after and key not in changed:
                changed[key] = event.previous
        return changed

    def _older_page(
        self, keys: Iterator[str], total: int, changed: dict[str, Stored | None], limit: int, revision: int
    ) -> Page:
        current = self.current
        gone = sorted(key for key, then in changed.items() if then is not None and key not in current)
        total += len(gone) - sum(then is None and key in current for key, then in changed.items())
        count = min(limit, total) if limit else total
        found = (changed[key] if key in changed else current[key] for key in merge(keys, gone))
        items = list(islice((stored for stored in found if stored is not None), count))
        return Page(items, revision, count < total, total - count)


def next_event(key: str, value: bytes | None, before: Stored | None, revision: int, lease_seconds: int) -> Event:
    """What a write at a revision makes of the version before; a value of None deletes."""
    if value is None:
        return Event(revision, key, None, before)
    if before is None:
        return Event(revision, key, Stored(key, value, revision, revision, 1, lease_seconds), None)
    # The key's string is shared by all its versions.
    now = Stored(before.key, value, revision, before.create_revision, before.version + 1, lease_seconds)
    return Event(revision, before.key, now, before)
