"""Protobuf's wire format: varints, keys, and fields one after the other. Every error is a ValueError."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache

Value = int | bytes
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""

_SMALL = tuple(bytes([n]) for n in range(128))


def varint(number: int) -> bytes:
    """Base 128, negative numbers as 64 bits of two's complement."""
    if 0 <= number < 128:
        return _SMALL[number]
    number &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def key(number: int, wire_type: int) -> bytes:
    """What stands in front of a field's value."""
    return varint(number << 3 | wire_type)


@lru_cache(maxsize=256)
def heads(number: int) -> tuple[bytes, ...]:
    """Key and length of a field of 0 to 127 bytes, by its length."""
    start = key(number, BYTES)
    return tuple(start + size for size in _SMALL)


def length_delimited(number: int, data: bytes) -> bytes:
    """A field with a length in front."""
    return key(number, BYTES) + varint(len(data)) + data


def double(value: float) -> bytes:
    """A 64-bit float."""
    return struct.pack("<d", value)


def from_fixed(data: bytes) -> float:
    """A float from its 4 or 8 bytes."""
    number: float = struct.unpack("<d" if len(data) == 8 else "<f", data)[0]
    return number


def signed(number: int) -> int:
    """A 64-bit varint as a signed number."""
    return number - (1 << 64) if number >= 1 << 63 else number


def read_varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """-> (number, position behind it)."""
    result = shift = 0
    while True:
        if position >= end:
            raise ValueError("unexpected EOF")
        byte = data[position]
        position += 1
        result |= (byte & 127) << shift
        if byte < 128:
            return result, position
        shift += 7
        if shift > 63:
            raise ValueError("proto: integer overflow")


def span(data: bytes, position: int, end: int, wire_type: int) -> tuple[int, int]:
    """First byte of a value that is no varint, and the position behind it."""
    if wire_type == BYTES:
        size, position = read_varint(data, position, end)
    elif wire_type in (FIXED64, FIXED32):
        size = 8 if wire_type == FIXED64 else 4
    else:
        raise ValueError(f"proto: illegal wireType {wire_type}")
    if position + size > end:
        raise ValueError("unexpected EOF")
    return position, position + size


def fields(data: bytes, position: int = 0, end: int | None = None) -> Iterator[tuple[int, Value]]:
    """(number, value) of each field."""
    end = len(data) if end is None else end
    while position < end:
        tag, position = read_varint(data, position, end)
        number, wire_type = tag >> 3, tag & 7
        if number == 0:
            raise ValueError(f"proto: illegal tag 0 (wire type {wire_type})")
        if wire_type == VARINT:
            value, position = read_varint(data, position, end)
            yield number, value
        else:
            start, position = span(data, position, end, wire_type)
            yield number, data[start:position]
