"""application/vnd.kubernetes.protobuf: the magic, runtime.Unknown, and a message inside."""

from __future__ import annotations

from miniapi.codec.interface import Decoded, DecodeError, EncodeError
from miniapi.codec.protobuf_decode import Decoders
from miniapi.codec.protobuf_encode import Carrier, Encoders
from miniapi.codec.protobuf_table import Table
from miniapi.codec.protobuf_wire import fields, length_delimited
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object

MAGIC = b"k8s\x00"
_TAIL = length_delimited(3, b"") + length_delimited(4, b"")
"""contentEncoding and contentType, which are always written and always empty."""


class ProtobufCodec:
    """Every built-in kind; what has no message is refused."""

    media_type = "application/vnd.kubernetes.protobuf"
    stream_media_type = "application/vnd.kubernetes.protobuf;stream=watch"

    def __init__(self) -> None:
        self._table = Table()
        self._encoders = Encoders(self._table)
        self._decoders = Decoders(self._table)

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        if data[:4] != MAGIC:
            raise DecodeError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
        try:
            api_version, kind, raw = _opened(data)
            if not kind and expected is not None:
                api_version, kind = expected.api_version, expected.kind
            name = self._table.message(api_version, kind)
            if not name:
                raise DecodeError(f'no kind "{kind}" is registered for version "{api_version}"')
            obj: Object = self._decoders[name](raw)
        except ValueError as problem:
            raise DecodeError(str(problem)) from None
        typed: Object = {"kind": kind, "apiVersion": api_version, **obj}
        if isinstance(obj, Carrier):
            typed = Carrier(typed)
            typed.unknown = obj.unknown
        return Decoded(typed)

    def encode(self, obj: Object) -> bytes:
        gvk = obj.get("apiVersion", ""), obj.get("kind", "")
        return self.envelope(*gvk, self.message(*gvk, obj))

    def message(self, api_version: str, kind: str, obj: Object) -> bytes:
        """The object without its envelope: what stands in a list of its kind."""
        name = self._table.message(api_version, kind)
        if not name:
            raise EncodeError(f"{api_version} {kind} has no protobuf form")
        try:
            return self._encoders[name](obj)
        except (TypeError, ValueError, AttributeError) as problem:
            raise EncodeError(f"{api_version} {kind}: {problem}") from None

    def envelope(self, api_version: str, kind: str, message: bytes) -> bytes:
        """A message as it is sent and stored."""
        of_type = length_delimited(1, api_version.encode()) + length_delimited(2, kind.encode())
        return b"".join((MAGIC, length_delimited(1, of_type), length_delimited(2, message), _TAIL))

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        inner = length_delimited(1, event_type.encode()) + length_delimited(2, length_delimited(1, encoded))
        return len(inner).to_bytes(4, "big") + inner


def _opened(data: bytes) -> tuple[str, str, bytes]:
    """apiVersion, kind and message of an envelope; ValueError."""
    api_version = kind = ""
    raw = b""
    for number, value in fields(data, len(MAGIC)):
        if number == 1 and isinstance(value, bytes):
            texts = {part: text.decode() for part, text in fields(value) if isinstance(text, bytes)}
            api_version, kind = texts.get(1, ""), texts.get(2, "")
        elif number == 2 and isinstance(value, bytes):
            raw = value
    return api_version, kind, raw
