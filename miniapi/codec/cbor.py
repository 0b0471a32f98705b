"""application/cbor as the original writes it (serializer/cbor): deterministic, text as byte strings, self-described.

What JSON has no form for (keys that stand twice, other simple values, infinities, big numbers) is refused. The library,
cbor2, is loaded by whoever uses it first.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from miniapi.codec.interface import Decoded, DecodeError
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object

if TYPE_CHECKING:
    from cbor2 import CBOREncoder

SELF_DESCRIBED: Final = b"\xd9\xd9\xf7"
"""The head of tag 55799, which encloses all that is written."""
MOST_NESTED: Final = 400
"""Levels that are read; the original stops at 10,000, which Python's stack does not reach."""

_LATER: Final[dict[int, Callable[[bytes], bytes]]] = {
    21: lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    22: base64.b64encode,
    23: lambda data: data.hex().encode(),
}
"""Tags that say by which encoding a byte string stands for text."""
_BIGNUMS: Final = (2, 3)


class CborCodec:
    """Only behind the feature gate CBORServingAndStorage."""

    media_type = "application/cbor"
    stream_media_type = "application/cbor-seq"

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        import cbor2

        stream = BytesIO(data)
        try:
            decoder = cbor2.CBORDecoder(
                stream, semantic_decoders=_EveryTag(), max_depth=MOST_NESTED, allow_duplicate_keys=False
            )
            value = decoder.decode()
            extra = len(data) - stream.tell()
            if extra:
                raise ValueError(f"cbor: {extra} bytes of extraneous data starting at index {stream.tell()}")
            return Decoded(_plain(value))
        except cbor2.CBORDecodeEOF:
            problem = "unexpected EOF" if data else "EOF"
        except cbor2.CBORDecodeError as broken:
            problem = f"cbor: {broken}"
        except ValueError as refused:
            problem = str(refused)
        raise DecodeError(f"unable to determine group/version/kind: {problem}")

    def encode(self, obj: Object) -> bytes:
        return SELF_DESCRIBED + _encoded(obj)

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        return b"".join((SELF_DESCRIBED, b"\xa2Dtype", _encoded(event_type), b"Fobject", encoded))


def _encoded(value: Any) -> bytes:
    import cbor2

    return cbor2.dumps(value, canonical=True, encoders={str: _encode_text})


def _encode_text(encoder: CBOREncoder, text: str) -> None:
    encoder.encode_bytes(text.encode())


class _Tagged(NamedTuple):
    number: int
    content: Any


class _EveryTag(dict[int, Callable[[Any, bool], _Tagged]]):
    """Leaves tags to `_plain`, instead of the dates, sets and references that the library makes of them."""

    def __missing__(self, number: int) -> Callable[[Any, bool], _Tagged]:
        return lambda content, _immutable: _Tagged(number, content)


def _plain(value: Any, tags: tuple[int, ...] = ()) -> Any:
    """As JSON would have it; `tags` are those that enclose it, innermost last. ValueError where JSON has no form."""
    match value:
        case None | bool() | str():
            return value
        case bytes():
            later = next((_LATER[tag] for tag in reversed(tags) if tag in _LATER), bytes)
            return later(value).decode("utf-8", "replace")
        case int() if -(1 << 63) <= value < 1 << 63:
            return value
        case int():
            raise ValueError("cbor: cannot unmarshal integer into Go value of type int64: it overflows")
        case float() if math.isfinite(value):
            return value
        case float():
            raise ValueError("cbor: NaN and infinite values are not supported")
        case list():
            return [_plain(item) for item in value]
        case dict():
            return _map(value)
        case _Tagged() if value.number in _BIGNUMS:
            raise ValueError("cbor: bignum tags are not supported")
        case _Tagged():
            return _plain(value.content, (*tags, value.number))
    raise ValueError(f"cbor: simple value {value} is not recognized")


def _map(pairs: dict[Any, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, item in pairs.items():
        name = _plain(key)
        if not isinstance(name, str):
            told = f"cbor: cannot unmarshal {type(name).__name__} into Go value of type string"
            raise ValueError(told)  # noqa: TRY004 (of the bytes, not of the program)
        if name in out:
            raise ValueError(f'cbor: found duplicate map key "{name}" at map element index {len(out)}')
        out[name] = _plain(item)
    return out
