"""application/vnd.kubernetes.protobuf: the magic, runtime.Unknown, and a message inside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from miniapi.codec.interface import Decoded, DecodeError, EncodeError
from miniapi.codec.protobuf_decode import Decoders
from miniapi.codec.protobuf_encode import Carrier, Encoders
from miniapi.codec.protobuf_table import Table
from miniapi.codec.protobuf_wire import BYTES, fields, key, length_delimited, read_varint, varint
from miniapi.meta.gvk import GroupVersionKind, parse_api_version
from miniapi.meta.objects import Object

MAGIC = b"k8s\x00"
SCHEME = "pkg/api/legacyscheme/scheme.go:30"
"""Where the original registers its kinds, as it says itself."""
NOT_MARSHALABLE = (
    "object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be encoded to "
    "a protobuf message"
)
"""What the original says of a custom resource."""
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
            told = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
            raise DecodeError(told if data else "empty data")
        if len(data) == len(MAGIC):
            raise DecodeError("empty body")
        given = None
        try:
            api_version, kind, raw = _opened(data)
            if not kind and expected is not None:
                api_version, kind = expected.api_version, expected.kind
            given = GroupVersionKind(*parse_api_version(api_version), kind)
            name = self._table.message(api_version, kind)
            if not name:
                raise DecodeError(
                    f'no kind "{kind}" is registered for version "{api_version}" in scheme "{SCHEME}"', given
                )
            obj: Object = self._decoders[name](raw)
        except ValueError as problem:
            raise DecodeError(str(problem), given) from None
        except RecursionError:
            raise DecodeError("messages are nested too deeply", given) from None
        typed: Object = {"kind": kind, "apiVersion": api_version, **obj}
        if isinstance(obj, Carrier):
            typed = Carrier(typed)
            typed.unknown = obj.unknown
        return Decoded(typed)

    def encode(self, obj: Object) -> bytes:
        gvk = obj.get("apiVersion", ""), obj.get("kind", "")
        return self.whole(*gvk, self.item(*gvk, obj))

    def message(self, api_version: str, kind: str, obj: Object) -> bytes:
        """The object without its envelope. Raises EncodeError."""
        name = self._table.message(api_version, kind)
        if not name:
            raise EncodeError(f"{api_version} {kind} has no protobuf form")
        try:
            return self._encoders[name](obj)
        except (TypeError, ValueError, AttributeError) as problem:
            raise EncodeError(f"{api_version} {kind}: {problem}") from None

    def knows(self, gvk: GroupVersionKind) -> bool:
        """Whether the kind has a message."""
        return bool(self._table.message(gvk.api_version, gvk.kind))

    def item(self, api_version: str, kind: str, obj: Object) -> bytes:
        """The object's message as a field: the same bytes stand in a list of its kind and in its own envelope."""
        return length_delimited(2, self.message(api_version, kind, obj))

    def whole(self, api_version: str, kind: str, item: bytes) -> bytes:
        """An item as it is sent and stored."""
        return b"".join((_prefix(api_version, kind), item, _TAIL))

    def whole_list(self, api_version: str, kind: str, meta: Object, items: Sequence[bytes]) -> bytes:
        """The items as a list of this kind."""
        head = self.message(api_version, kind, {"metadata": meta})
        start = key(2, BYTES) + varint(len(head) + sum(map(len, items)))
        return b"".join((_prefix(api_version, kind), start, head, *items, _TAIL))

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        inner = length_delimited(1, event_type.encode()) + length_delimited(2, length_delimited(1, encoded))
        return len(inner).to_bytes(4, "big") + inner


@lru_cache(maxsize=1024)
def _prefix(api_version: str, kind: str) -> bytes:
    of_type = length_delimited(1, api_version.encode()) + length_delimited(2, kind.encode())
    return MAGIC + length_delimited(1, of_type)


def metadata_item(item: bytes) -> bytes:
    """An object's item cut down to its metadata, which is the first field of every kind: PartialObjectMetadata."""
    _, start = read_varint(item, 1, len(item))
    size, begin = read_varint(item, start + 1, len(item))
    return length_delimited(2, item[start : begin + size])


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
