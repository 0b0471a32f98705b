"""Audit's nouns: levels, stages, the sink of events."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Protocol

Event = dict[str, Any]
"""audit.k8s.io/v1 Event."""

REQUEST_RECEIVED, RESPONSE_STARTED, RESPONSE_COMPLETE, PANIC = (
    "RequestReceived",
    "ResponseStarted",
    "ResponseComplete",
    "Panic",
)
STAGES = (REQUEST_RECEIVED, RESPONSE_STARTED, RESPONSE_COMPLETE, PANIC)


class Level(IntEnum):
    """How much of a request is told."""

    NONE = 0
    METADATA = 1
    REQUEST = 2
    REQUEST_RESPONSE = 3


LEVELS = {
    "None": Level.NONE,
    "Metadata": Level.METADATA,
    "Request": Level.REQUEST,
    "RequestResponse": Level.REQUEST_RESPONSE,
}
LEVEL_NAMES = {level: name for name, level in LEVELS.items()}


class Sink(Protocol):
    """Where events go."""

    async def process(self, event: Event) -> bool:
        """False where the event was lost and the mode does not allow that (blocking-strict)."""
        ...

    async def close(self) -> None:
        """Writes what is still waiting."""
        ...
