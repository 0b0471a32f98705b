"""Messages to plain objects, compiled once per message: keys in JSON's order, empty ones where Go shows them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from miniapi.codec.protobuf_encode import Carrier
from miniapi.codec.protobuf_special import SPECIAL, TEXTS, choice_decoder, is_choice
from miniapi.codec.protobuf_table import Field, Table
from miniapi.codec.protobuf_wire import BYTES, FIXED32, FIXED64, VARINT, fields, from_fixed, read_varint, signed, span
from miniapi.meta.objects import Object

Decode = Callable[[bytes], Any]
Take = Callable[[Any, Any], Any]
"""(what was read of the field before or _MISSING, the value on the wire) -> what is read now."""

_MISSING: Any = object()
_ZEROS: dict[str, Any] = {"string": "", "bool": False, "bytes": None}


class Decoders(dict[str, Decode]):
    """Message name -> decoder, compiled when first looked up. Decoders raise ValueError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __missing__(self, name: str) -> Decode:
        decode = self[name] = self._compile(name)
        return decode

    def _compile(self, name: str) -> Decode:
        special = SPECIAL.get(name)
        if special is not None:
            return special.decode
        if is_choice(name):
            return choice_decoder(name, self)
        rows = self._table.rows(name)
        if isinstance(rows, str):
            return TEXTS.decode
        takes = {row.number: (slot, _wire_type(row.type), self._take(row)) for slot, row in enumerate(rows)}
        names = {row.number: row.name for row in rows}
        emits = [self._emit(row) for row in rows]

        def decode(data: bytes) -> Object:
            values: list[Any] = [_MISSING] * len(emits)
            unknown = b""
            position, end = 0, len(data)
            while position < end:
                begin = position
                tag = data[position]
                position += 1
                if tag > 127:
                    tag, position = read_varint(data, begin, end)
                wire_type = tag & 7
                value: Any
                if wire_type == VARINT:
                    value, position = read_varint(data, position, end)
                else:
                    start, position = span(data, position, end, wire_type)
                    value = data[start:position]
                take = takes.get(tag >> 3)
                if take is None:
                    if tag < 8:
                        raise ValueError(f"proto: illegal tag 0 (wire type {wire_type})")
                    unknown += data[begin:position]
                elif take[1] != wire_type and not (take[1] == FIXED64 and wire_type == FIXED32):
                    raise ValueError(f"proto: wrong wireType = {wire_type} for field {_go_name(names[tag >> 3])}")
                else:
                    values[take[0]] = take[2](values[take[0]], value)
            obj: Object = {}
            for emit, value in zip(emits, values, strict=True):
                emit(obj, value)
            if unknown:
                obj = Carrier(obj)
                obj.unknown = unknown
            return obj

        return decode

    def _take(self, row: Field) -> Take:
        if row.map_of:
            return self._entry(row.map_of)
        one = self._one(row.type)
        if not row.repeated:
            return lambda _, value: one(value)

        def append(before: Any, value: Any) -> Any:
            if before is _MISSING:
                return [one(value)]
            before.append(one(value))
            return before

        return append

    def _one(self, of_type: str) -> Callable[[Any], Any]:
        if of_type == "string":
            return lambda value: value.decode("utf-8", "replace")
        if of_type == "bool":
            return bool
        if of_type in ("int32", "int64", "uint32", "uint64"):
            return signed
        if of_type in ("double", "float"):
            return _number
        if of_type == "bytes":
            return lambda value: base64.b64encode(value).decode()
        return lambda value: self[of_type](value)  # noqa: PLW0108 (looked up when used: messages may hold themselves)

    def _entry(self, of_type: str) -> Take:
        one = self._one(of_type)
        zero = "" if of_type in ("string", "bytes") else 0 if of_type in ("int32", "int64") else None
        is_int = _wire_type(of_type) == VARINT

        def put(before: Any, value: Any) -> Any:
            entries: Object = {} if before is _MISSING else before
            name, found = "", zero
            for number, part in fields(value):
                if number == 1 and isinstance(part, bytes):
                    name = part.decode("utf-8", "replace")
                elif number == 2:
                    if isinstance(part, int) != is_int:
                        raise ValueError("proto: wrong wireType for the value of a map")
                    found = one(part)
            entries[name] = found
            return entries

        return put

    def _emit(self, row: Field) -> Callable[[Object, Any], None]:
        name = row.name
        if row.inline:
            of_type = row.type
            return lambda obj, value: obj.update(self[of_type](b"") if value is _MISSING else value)
        if row.pointer and not row.shown:

            def if_set(obj: Object, value: Any) -> None:
                if value is not _MISSING:
                    obj[name] = value

            return if_set
        if not row.shown:

            def if_filled(obj: Object, value: Any) -> None:
                if value and value is not _MISSING:
                    obj[name] = value

            return if_filled
        make = self._zero(row)

        def always(obj: Object, value: Any) -> None:
            obj[name] = make() if value is _MISSING else value

        return always

    def _zero(self, row: Field) -> Callable[[], Any]:
        """The JSON of a field that is shown and not set."""
        if row.pointer or row.repeated or row.map_of:
            return lambda: None
        if row.type in SPECIAL:
            zero = SPECIAL[row.type].zero
            return lambda: zero
        if "." in row.type:
            of_type = row.type
            is_list = isinstance(self._table.rows(of_type), str)
            return lambda: None if is_list else self[of_type](b"")
        scalar = _ZEROS.get(row.type, 0)
        return lambda: scalar


def _wire_type(of_type: str) -> int:
    if of_type in ("double", "float"):
        return FIXED64
    return VARINT if of_type in ("int32", "int64", "uint32", "uint64", "bool") else BYTES


def _number(value: bytes) -> float:
    number = from_fixed(value)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _go_name(name: str) -> str:
    return name[:1].upper() + name[1:]
