"""What happened since the last compaction: one event per revision, without gaps, within bounds."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.storage.interface import Event

MAX_EVENTS = 100_000
"""Older events are compacted away by themselves."""
MAX_SUPERSEDED_BYTES = 64 << 20
"""Bytes of values that only the history still needs; the same happens above it."""
_KEPT = 0.9
"""Share of a bound that is kept when it is passed, so that trimming is rare."""


class History:
    """Events of the revisions from `compacted` (if it was a write) to the newest one."""

    __slots__ = ("_bytes", "_events", "compacted")

    def __init__(self, compacted: int) -> None:
        self._events: list[Event] = []
        self._bytes = 0
        self.compacted = compacted
        """Reads below this revision, and watches that would begin below it, fail."""

    def extend(self, events: Sequence[Event]) -> None:
        """Adds the next revisions."""
        self._events.extend(events)
        for event in events:
            if event.previous is not None:
                self._bytes += len(event.previous.value)

    def after(self, revision: int, limit: int) -> Sequence[Event]:
        """Events above a revision that is not compacted away, at most `limit` of them (0: all)."""
        events = self._events
        if not events:
            return ()
        start = max(0, revision + 1 - events[0].revision)
        return events[start : start + limit] if limit else events[start:]

    def compact(self, revision: int) -> list[int]:
        """Drops what is older; returns the revisions of the versions that nobody can ask for any more."""
        events = self._events
        dropped = min(max(0, revision - events[0].revision), len(events)) if events else 0
        forgotten = self._drop(dropped)
        self.compacted = max(self.compacted, revision)
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
