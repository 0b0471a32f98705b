"""Protobuf's wire format: varints, tags, and the fields of a message."""

from __future__ import annotations

import struct
from collections.abc import Iterator

Value = int | memoryview
Fields = Iterator[tuple[int, Value]]


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


_SMALL = [bytes([n]) for n in range(128)]


def tag(number: int, wire_type: int) -> bytes:
    """A field's key."""
    return varint(number << 3 | wire_type)


def length_delimited(number: int, data: bytes) -> bytes:
    """A field with a length in front."""
    return tag(number, 2) + varint(len(data)) + data


def signed(number: int) -> int:
    """A 64-bit varint as a signed number."""
    return number - (1 << 64) if number >= 1 << 63 else number


def integer(value: Value) -> int:
    """A number where one is expected; ValueError for anything else."""
    if isinstance(value, int):
        return value
    raise ValueError("proto: wrong wireType = 2 for a number")


def fields(data: bytes | memoryview) -> Fields:
    """(number, value) of each field; ValueError where the bytes end too early."""
    view = memoryview(data)
    position, end = 0, len(view)
    while position < end:
        key, position = _read(view, position)
        number, wire_type = key >> 3, key & 7
        if number == 0:
            raise ValueError(f"proto: illegal tag 0 (wire type {wire_type})")
        if wire_type == 0:
            value, position = _read(view, position)
            yield number, value
        elif wire_type == 2:
            size, position = _read(view, position)
            if position + size > end:
                raise ValueError("unexpected EOF")
            yield number, view[position : position + size]
            position += size
        elif wire_type in (1, 5):
            size = 8 if wire_type == 1 else 4
            if position + size > end:
                raise ValueError("unexpected EOF")
            yield number, view[position : position + size]
            position += size
        else:
            raise ValueError(f"proto: illegal wireType {wire_type}")


def _read(view: memoryview, position: int) -> tuple[int, int]:
    result = shift = 0
    end = len(view)
    while True:
        if position >= end:
            raise ValueError("unexpected EOF")
        byte = view[position]
        position += 1
        result |= (byte & 127) << shift
        if byte < 128:
            return result, position
        shift += 7
        if shift > 63:
            raise ValueError("proto: integer overflow")


def double(value: float) -> bytes:
    """A 64-bit float."""
    return struct.pack("<d", value)


def from_double(value: memoryview) -> float:
    """A float from its 4 or 8 bytes."""
    number: float = struct.unpack("<d" if len(value) == 8 else "<f", value)[0]
    return number
