"""What a watch sends: frames in the client's media type, or, within the process, the stored objects themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

import orjson

from miniapi import errors
from miniapi.codec.negotiate import TABLE, Negotiated
from miniapi.endpoints import respond
from miniapi.endpoints.bookmark import bookmark
from miniapi.endpoints.scope import Scope
from miniapi.meta.objects import Object
from miniapi.registry.fanout import Frames
from miniapi.registry.held import HeldStored
from miniapi.storage.interface import Event, Stored
from miniapi.wire import JSON, PROTOBUF, Held, HeldObject

One = TypeVar("One")
Many = TypeVar("Many", covariant=True)


class WatchEvents(Protocol, Generic[One, Many]):
    """Makes single events, and what is sent at once of many."""

    def event(self, event_type: str, stored: Stored) -> One:
        """Of a stored object."""
        ...

    def bookmark(self, revision: int, *, initial_end: bool = False) -> One: ...

    def error(self, problem: errors.ApiError) -> One: ...

    def join(self, events: Sequence[One]) -> Many:
        """Empty for none."""
        ...

    def batch(self, events: Sequence[Event]) -> One | None:
        """All of a batch as one, for those who see everything, where watchers share it; None where they do not."""
        ...


class WireEvents:
    """Bytes."""

    def __init__(self, scope: Scope, negotiated: Negotiated) -> None:
        self._scope, self._negotiated = scope, negotiated
        self._shared = _shared(scope, negotiated)
        self._columns_sent = False

    def event(self, event_type: str, stored: Stored) -> bytes:
        """One frame."""
        if self._shared is not None:
            return self._shared.frame(event_type, stored)
        return self._frame(event_type, self._shown(self._scope.versioned.object(stored)))

    def bookmark(self, revision: int, *, initial_end: bool = False) -> bytes:
        """One frame."""
        return self._frame("BOOKMARK", self._shown(bookmark(self._scope, revision, initial_end=initial_end)))

    def error(self, problem: errors.ApiError) -> bytes:
        """One frame."""
        return self._frame("ERROR", problem.status())

    def join(self, events: Sequence[bytes]) -> bytes:
        """A chunk."""
        return b"".join(events)

    def batch(self, events: Sequence[Event]) -> bytes | None:
        """The bytes that all watchers of the collection send."""
        return self._shared.batch(events) if self._shared is not None else None

    def _shown(self, obj: Object) -> Object:
        """As the client asked to see objects; a table has columns in the first event only."""
        chosen = self._negotiated
        if chosen.as_kind == TABLE:
            obj = self._scope.printer.table([obj], obj["metadata"], chosen.as_version, chosen.include_object)
            if self._columns_sent:
                obj["columnDefinitions"] = None
            self._columns_sent = True
        elif chosen.as_kind:
            obj = respond.partial(self._scope.printer.internal(obj), chosen.as_version)
        return obj

    def _frame(self, event_type: str, obj: dict[str, Any]) -> bytes:
        codec = self._negotiated.codec
        if codec.media_type == JSON:
            return b'{"type":"%b","object":%b}\n' % (event_type.encode(), orjson.dumps(obj))
        return codec.frame(event_type, codec.encode(obj))


def _shared(scope: Scope, negotiated: Negotiated) -> Frames | None:
    """The frames that watchers share; None where each makes its own (tables, metadata, indented JSON)."""
    if negotiated.plain_json:
        return scope.versioned.frames
    return scope.versioned.messages.frames if negotiated.media_type == PROTOBUF and not negotiated.as_kind else None


class HeldEvents:
    """(type, object held by the store): nothing is encoded, and nothing decoded before somebody looks."""

    def __init__(self, scope: Scope, negotiated: Negotiated) -> None:
        self._scope, self._negotiated = scope, negotiated

    def event(self, event_type: str, stored: Stored) -> tuple[str, Held]:
        """Of a stored object."""
        return event_type, HeldStored(self._scope.versioned, stored)

    def bookmark(self, revision: int, *, initial_end: bool = False) -> tuple[str, Held]:
        """Made here."""
        return "BOOKMARK", HeldObject(bookmark(self._scope, revision, initial_end=initial_end))

    def error(self, problem: errors.ApiError) -> tuple[str, Held]:
        """Made here."""
        return "ERROR", HeldObject(problem.status())

    def join(self, events: Sequence[tuple[str, Held]]) -> Sequence[tuple[str, Held]]:
        """As they are."""
        return events

    def batch(self, events: Sequence[Event]) -> None:
        """Each watcher makes its own."""
        del events
