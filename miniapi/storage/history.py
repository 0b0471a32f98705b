"""What happened since the last compaction, in order and within bounds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter

from miniapi.storage.interface import Event

MAX_EVENTS = 100_000
"""Older events are compacted away by themselves."""
MAX_SUPERSEDED_BYTES = 64 << 20
"""Bytes of values that only the history still needs; the same happens above it."""
_KEPT = 0.9
"""Share of a bound that is kept when it is passed, so that trimming is rare."""


_revision = attrgetter("revision")


class History:
    """Events from revision `first` (if it was a write) to the newest one."""

    __slots__ = ("_bytes", "_events", "compacted", "first")

    def __init__(self, compacted: int, first: int = 0) -> None:
        self._events: list[Event] = []
        self._bytes = 0
        self.compacted = compacted
        """Reads below this revision fail."""
        self.first = first or compacted
        """Watches that would begin below this revision fail."""

    def extend(self, events: Sequence[Event]) -> None:
        """Adds the next events."""
        self._events.extend(events)
        for event in events:
            if event.previous is not None:
                self._bytes += len(event.previous.value)

    def after(self, revision: int, limit: int) -> Sequence[Event]:
        """Events above a revision that is not compacted away, at most `limit` of them (0: all)."""
        events = self._events
        start = bisect_right(events, revision, key=_revision)
        return events[start : start + limit] if limit else events[start:]

    def compact(self, revision: int) -> list[int]:
        """Drops what is older; returns the revisions of the versions that nobody can ask for any more."""
        forgotten = self._drop(bisect_left(self._events, revision, key=_revision))
        self.compacted = max(self.compacted, revision)
        self.first = max(self.first, revision)
        return forgotten

    def trim(self) -> list[int]:
        """Keeps the bounds; returns as `compact`."""
        events = self._events
        if len(events) <= MAX_EVENTS and self._bytes <= MAX_SUPERSEDED_BYTES:
            return []
        dropped, remaining = 0, self._bytes
        if len(events) > MAX_EVENTS:
            dropped = len(events) - int(MAX_EVENTS * _KEPT)
            remaining -= sum(_superseded_bytes(e) for e in events[:dropped])
        # The last event stays in any case: it carries the newest revision.
        while remaining > MAX_SUPERSEDED_BYTES * _KEPT and dropped < len(events) - 1:
            remaining -= _superseded_bytes(events[dropped])
            dropped += 1
        return self.compact(events[dropped].revision)

    def _drop(self, count: int) -> list[int]:
        forgotten = []
        for event in self._events[:count]:
            if event.previous is not None:
                self._bytes -= len(event.previous.value)
                forgotten.append(event.previous.mod_revision)
            if event.current is None:
                forgotten.append(event.revision)
        del self._events[:count]
        return forgotten


def _superseded_bytes(event: Event) -> int:
    return len(event.previous.value) if event.previous is not None else 0
