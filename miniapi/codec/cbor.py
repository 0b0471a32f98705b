"""application/cbor as the original writes it (serializer/cbor): deterministic, text as byte strings, self-described.

What JSON has no form for (keys that stand twice, other simple values, infinities, big numbers) is refused.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Callable
from typing import Any, Final

from miniapi.codec.interface import Decoded, DecodeError
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object

SELF_DESCRIBED: Final = b"\xd9\xd9\xf7"
"""The head of tag 55799, which encloses all that is written."""
MOST_NESTED: Final = 400
"""Levels that are read; the original stops at 10,000, which Python's stack does not reach."""

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE: Final = 31
_BREAK: Final = 0xFF
_LATER: Final[dict[int, Callable[[bytes], bytes]]] = {
    21: lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    22: base64.b64encode,
    23: lambda data: data.hex().encode(),
}
"""Tags that say by which encoding a byte string stands for text."""
_BIGNUMS: Final = (2, 3)
_FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}
_WORDS: Final = {20: False, 21: True, 22: None}


class CborCodec:
    """Only behind the feature gate CBORServingAndStorage."""

    media_type = "application/cbor"
    stream_media_type = "application/cbor-seq"

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        reader = _Reader(data)
        try:
            obj = reader.item(0, ())
            extra = len(data) - reader.position
            if extra:
                raise ValueError(f"cbor: {extra} bytes of extraneous data starting at index {reader.position}")
        except ValueError as problem:
            raise DecodeError(f"unable to determine group/version/kind: {problem}") from None
        return Decoded(obj)

    def encode(self, obj: Object) -> bytes:
        return SELF_DESCRIBED + _encoded(obj)

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        return b"".join((SELF_DESCRIBED, b"\xa2Dtype", _encoded(event_type), b"Fobject", encoded))


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for size, info in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | info]) + number.to_bytes(size, "big")
    raise ValueError(f"cbor: {number} does not fit into 64 bits")


def _encoded(value: Any) -> bytes:
    if isinstance(value, str):
        data = value.encode()
        return _head(_BYTES, len(data)) + data
    if value is None or value is True or value is False:
        return bytes([_SIMPLE << 5 | (22 if value is None else 20 + value)])
    if isinstance(value, int):
        return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, list):
        return _head(_ARRAY, len(value)) + b"".join([_encoded(item) for item in value])
    pairs = sorted((_encoded(name), _encoded(item)) for name, item in value.items())
    return _head(_MAP, len(pairs)) + b"".join([part for pair in pairs for part in pair])


def _float(value: float) -> bytes:
    """In the fewest bytes that keep the value."""
    for info, form in _FLOATS.items():
        try:
            data = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, data)[0] == value:
            return bytes([_SIMPLE << 5 | info]) + data
    raise ValueError("cbor: NaN and infinite values are not supported")


class _Reader:
    """Reads one item after the other; ValueError for what is no CBOR, or none that JSON could say."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def item(self, depth: int, tags: tuple[int, ...]) -> Any:
        """The next item, `tags` being those that enclose it, innermost last."""
        if depth > MOST_NESTED:
            raise ValueError(f"cbor: exceeded max nested level {MOST_NESTED}")
        first = self._take(1)[0]
        major, info = first >> 5, first & 31
        if major == _SIMPLE:
            return self._simple(info)
        number = -1 if info == _INDEFINITE and major in (_BYTES, _TEXT, _ARRAY, _MAP) else self._argument(info)
        if major in (_UNSIGNED, _NEGATIVE):
            if number >= 1 << 63:
                raise ValueError("cbor: cannot unmarshal integer into Go value of type int64: it overflows")
            return number if major == _UNSIGNED else -1 - number
        if major in (_BYTES, _TEXT):
            return self._string(major, number, tags)
        if major == _ARRAY:
            return self._array(number, depth)
        if major == _MAP:
            return self._map(number, depth)
        if number in _BIGNUMS:
            raise ValueError("cbor: bignum tags are not supported")
        return self.item(depth + 1, (*tags, number))

    def _take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self._data):
            raise ValueError("unexpected EOF" if self._data else "EOF")
        data = self._data[self.position : end]
        self.position = end
        return data

    def _argument(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise ValueError(f"cbor: invalid additional information {info}")
        return int.from_bytes(self._take(1 << info - 24), "big")

    def _broken(self) -> bool:
        """Whether the end of something of unknown length is here, which is then behind."""
        if self._take(1)[0] == _BREAK:
            return True
        self.position -= 1
        return False

    def _string(self, major: int, size: int, tags: tuple[int, ...]) -> str:
        if size >= 0:
            data = self._take(size)
        else:
            chunks = []
            while not self._broken():
                first = self._take(1)[0]
                if first >> 5 != major or first & 31 == _INDEFINITE:
                    raise ValueError("cbor: wrong element type for indefinite-length string")
                chunks.append(self._take(self._argument(first & 31)))
            data = b"".join(chunks)
        later = next((_LATER[tag] for tag in reversed(tags) if tag in _LATER), None)
        if major == _BYTES and later is not None:
            data = later(data)
        try:
            return data.decode()
        except UnicodeDecodeError:
            if major == _TEXT:
                raise ValueError("cbor: invalid UTF-8 string") from None
            return data.decode("utf-8", "replace")

    def _array(self, size: int, depth: int) -> list[Any]:
        out: list[Any] = []
        while len(out) != size and not (size < 0 and self._broken()):
            out.append(self.item(depth + 1, ()))
        return out

    def _map(self, size: int, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while len(out) != size and not (size < 0 and self._broken()):
            name = self.item(depth + 1, ())
            if not isinstance(name, str):
                told = f"cbor: cannot unmarshal {type(name).__name__} into Go value of type string"
                raise ValueError(told)  # noqa: TRY004 (of the bytes, not of the program)
            if name in out:
                raise ValueError(f'cbor: found duplicate map key "{name}" at map element index {len(out)}')
            out[name] = self.item(depth + 1, ())
        return out

    def _simple(self, info: int) -> Any:
        if info in _WORDS:
            return _WORDS[info]
        if info not in _FLOATS:
            raise ValueError(f"cbor: simple value {info} is not recognized")
        form = _FLOATS[info]
        value: float = struct.unpack(form, self._take(struct.calcsize(form)))[0]
        if not math.isfinite(value):
            raise ValueError("cbor: NaN and infinite values are not supported")
        return value
