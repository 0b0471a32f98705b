"""A codec turns bytes of one media type into plain objects and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object


@dataclass(frozen=True, slots=True)
class Decoded:
    """An object as it was on the wire, with what a strict reader would complain about."""

    obj: Object
    duplicates: tuple[str, ...] = ()
    """Complaints about keys that stand twice, e.g. `duplicate field "a"` with the path, as the original words them."""


class DecodeError(Exception):
    """The bytes are not of this media type; the message is the original's."""

    def __init__(self, message: str, given: GroupVersionKind | None = None) -> None:
        super().__init__(message)
        self.given = given
        """What the bytes say they are, where that could be read."""


class Codec(Protocol):
    """One media type."""

    media_type: str
    stream_media_type: str
    """Content type of a watch, e.g. `application/json;stream=watch` frames."""

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        """`expected` is the kind that the URL suggests; raises DecodeError."""
        ...

    def encode(self, obj: Object) -> bytes:
        """Raises EncodeError where the media type cannot carry the kind (protobuf and custom resources)."""
        ...

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        """One watch event around an already encoded object."""
        ...


class EncodeError(Exception):
    """This media type cannot carry the object."""
