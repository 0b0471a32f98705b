"""Plain objects to messages, compiled once per message.

A message's fields are a list of parts in the wire's order, each at first what its Go type writes for zero; only the
keys that an object has are encoded.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from miniapi.codec.protobuf_special import SPECIAL, TEXTS, choice_encoder, is_choice
from miniapi.codec.protobuf_table import LIST, Field, Table
from miniapi.codec.protobuf_wire import BYTES, FIXED64, VARINT, double, heads, key, length_delimited, varint
from miniapi.meta.objects import Object

Encode = Callable[[Any], bytes]
_VARINTS = frozenset({"int32", "int64", "uint32", "uint64", "bool"})


class Carrier(dict[str, Any]):
    """An object with fields that its message has not: they are written back as they came."""

    unknown: bytes = b""


class Encoders(dict[str, Encode]):
    """Message name -> encoder, compiled when first looked up; KeyError for a message that does not exist."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __missing__(self, name: str) -> Encode:
        encode = self[name] = self._compile(name)
        return encode

    def _compile(self, name: str) -> Encode:
        special = SPECIAL.get(name)
        if special is not None:
            return special.encode
        if is_choice(name):
            return choice_encoder(name, self)
        rows = self._table.rows(name)
        if isinstance(rows, str):
            return TEXTS.encode
        rows = sorted(rows, key=lambda f: f.number)
        zeros = [self._zero(row) for row in rows]
        steps = {row.name: (slot, self._field(row)) for slot, row in enumerate(rows) if not row.inline}
        inlined = [(slot, self._one(row.number, row.type)) for slot, row in enumerate(rows) if row.inline]
        get = steps.get

        def encode(obj: Object) -> bytes:
            parts = zeros.copy()
            for name, value in obj.items():
                step = get(name)
                if step is not None and value is not None:
                    parts[step[0]] = step[1](value)
            if inlined:
                known = obj if type(obj) is dict else dict(obj)
                for slot, one in inlined:
                    parts[slot] = one(known)
            if type(obj) is Carrier:
                parts.append(obj.unknown)
            return b"".join(parts)

        return encode

    def _zero(self, row: Field) -> bytes:
        """What is written where the object has no such key."""
        if row.pointer or row.repeated or row.inline or row.map_of or row.type == "bytes":
            return b""
        if row.type == "string":
            return length_delimited(row.number, b"")
        if row.type in ("double", "float"):
            return key(row.number, FIXED64) + double(0)
        if row.type in _VARINTS:
            return key(row.number, VARINT) + varint(0)
        special = SPECIAL.get(row.type)
        if special is not None:
            return length_delimited(row.number, special.encode(special.zero) if special.zero is not None else b"")
        if self._table.rows(row.type) == LIST:
            return b""
        return self._one(row.number, row.type)({})

    def _field(self, row: Field) -> Encode:
        if row.map_of:
            return self._map(row.number, row.map_of)
        one = self._one(row.number, row.type)
        if row.repeated:
            return lambda values: b"".join([one(v) for v in values])
        return one

    def _one(self, number: int, of_type: str) -> Encode:
        """One value with its key."""
        if of_type in _VARINTS:
            start = key(number, VARINT)
            return lambda value: start + varint(int(value))
        if of_type in ("double", "float"):
            start = key(number, FIXED64)
            return lambda value: start + double(value)
        delimited = _delimited(number)
        if of_type == "string":
            return lambda value: delimited(value.encode())
        if of_type == "bytes":
            return lambda value: delimited(base64.b64decode(value))
        return lambda value: delimited(self[of_type](value))

    def _map(self, number: int, of_type: str) -> Encode:
        entry_of, key_of, value_of = _delimited(number), self._one(1, "string"), self._one(2, of_type)

        def value(found: Any) -> bytes:
            return self._null(of_type) if found is None else value_of(found)

        def encode(found: dict[str, Any]) -> bytes:
            return b"".join(
                [
                    entry_of(key_of(k) + (self._null(of_type) if found[k] is None else value_of(found[k])))
                    for k in sorted(found)
                ]
            )

        return encode

    def _null(self, of_type: str) -> bytes:
        """A map's value that is null in JSON: Go's zero, which for bytes is nothing and for a list an empty message."""
        return self._zero(Field(2, "", of_type)) or (b"" if of_type == "bytes" else length_delimited(2, b""))


def _delimited(number: int) -> Callable[[bytes], bytes]:
    short, start = heads(number), key(number, BYTES)

    def delimited(data: bytes) -> bytes:
        size = len(data)
        return short[size] + data if size < 128 else start + varint(size) + data

    return delimited
