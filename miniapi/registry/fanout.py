"""Watch frames of one resource in one encoding: made once, whoever and how many watch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from miniapi.storage.interface import Event, Stored

KEPT_FRAMES = 256
"""Watchers that are further apart than this encode again."""
KEPT_BATCHES = 64


class Frames:
    """The newest frames, and the newest batches of them: watchers of one collection share a batch's bytes."""

    def __init__(self, make: Callable[[bytes, Stored], bytes]) -> None:
        self._make = make
        self._frames: dict[tuple[str, str, int], bytes] = {}
        self._batches: dict[int, tuple[Sequence[Event], bytes]] = {}

    def frame(self, event_type: str, stored: Stored) -> bytes:
        """One event."""
        place = (event_type, stored.key, stored.mod_revision)
        found = self._frames.get(place)
        if found is None:
            found = self._make(event_type.encode(), stored)
            if len(self._frames) >= KEPT_FRAMES:
                del self._frames[next(iter(self._frames))]
            self._frames[place] = found
        return found

    def batch(self, events: Sequence[Event]) -> bytes:
        """All events of a batch, for those who see everything. Batches are known by identity."""
        found = self._batches.get(id(events))
        if found is None:
            found = (events, b"".join([self._plain(event) for event in events]))
            if len(self._batches) >= KEPT_BATCHES:
                del self._batches[next(iter(self._batches))]
            self._batches[id(events)] = found
        return found[1]

    def _plain(self, event: Event) -> bytes:
        now, before = event.current, event.previous
        if now is not None:
            return self.frame("MODIFIED" if before is not None else "ADDED", now)
        return self.frame("DELETED", deleted(event, before)) if before is not None else b""


def deleted(event: Event, before: Stored) -> Stored:
    """The object as a deletion shows it: as it was last, at the revision of the deletion."""
    return Stored(before.key, before.value, event.revision, before.create_revision, before.version)
