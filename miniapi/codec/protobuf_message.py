"""Messages to plain objects and back, compiled once per message from a table of field numbers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import orjson

from miniapi.codec.protobuf_special import SPECIAL, bytes_of_text, text_of_bytes
from miniapi.codec.protobuf_wire import (
    Value,
    double,
    fields,
    from_double,
    integer,
    length_delimited,
    signed,
    tag,
    varint,
)
from miniapi.meta.objects import Object

Encode = Callable[[Any], bytes]
Decode = Callable[[Value], Any]
_VARINTS = ("int32", "int64", "uint32", "uint64", "bool")
_EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
_LISTS_OF_TEXT = {"ExtraValue", "Verbs"}
_ZERO: dict[str, Any] = {"string": "", "bool": False, "bytes": ""}


class Messages:
    """The table, loaded with the first use, and what was compiled from it."""

    def __init__(self) -> None:
        self._table: dict[str, Any] | None = None
        self._encoders: dict[str, Encode] = {}
        self._decoders: dict[str, Callable[[bytes | memoryview], Any]] = {}

    def _load(self) -> dict[str, Any]:
        if self._table is None:
            self._table = orjson.loads(resources.files("miniapi.codec").joinpath("data/messages.json").read_bytes())
        return self._table

    def name(self, group: str, version: str, kind: str) -> str:
        """The message of a kind, or the empty string."""
        table = self._load()
        found: str = table["kinds"].get(f"{group}/{version}/{kind}", "")
        if not found and kind.endswith("List"):
            found = table["kinds"].get(f"{group}/{version}/{kind[:-4]}", "")
            found = found + "List" if found else ""
        return found if found in table["messages"] else ""

    def encoder(self, name: str) -> Encode:
        """Object to message bytes."""
        known = self._encoders.get(name)
        if known is None:
            known = self._encoders[name] = self._make_encoder(name)
        return known

    def decoder(self, name: str) -> Callable[[bytes | memoryview], Any]:
        """Message bytes to object."""
        known = self._decoders.get(name)
        if known is None:
            known = self._decoders[name] = self._make_decoder(name)
        return known

    def _make_encoder(self, name: str) -> Encode:
        if name in SPECIAL:
            special: Encode = SPECIAL[name][0]
            return special
        if name.startswith(_EXTENSIONS + "JSONSchemaPropsOr"):
            return lambda value: self._encode_choice(name, value)
        rows = self._load()["messages"][name]
        if name.rsplit(".", 1)[-1] in _LISTS_OF_TEXT:
            return lambda values: b"".join(length_delimited(1, v.encode()) for v in values or ())
        steps = [self._encode_field(*row) for row in rows]

        def encode(obj: Any) -> bytes:
            return b"".join([step(obj) for step in steps])

        return encode

    def _encode_field(self, number: int, json_name: str, of_type: str, label: str, always: int) -> Encode:
        if of_type.startswith("map<"):
            return self._encode_map(number, json_name, of_type)
        one = self._encode_value(number, of_type)
        if not json_name:
            return one
        if label == "*":
            return lambda obj: b"".join([one(v) for v in obj.get(json_name) or ()])
        zero = _ZERO.get(of_type, 0 if of_type in _VARINTS or of_type in ("double", "float") else {})
        if of_type in SPECIAL:
            zero = None

        def encode(obj: Any) -> bytes:
            value = obj.get(json_name)
            if value is None:
                return one(zero) if always else b""
            return one(value)

        return encode

    def _encode_value(self, number: int, of_type: str) -> Encode:
        if of_type == "string":
            head = tag(number, 2)

            def text(value: Any) -> bytes:
                data: bytes = value.encode()
                return head + varint(len(data)) + data

            return text
        if of_type in _VARINTS:
            key = tag(number, 0)
            return lambda value: key + varint(int(value))
        if of_type in ("double", "float"):
            key = tag(number, 1)
            return lambda value: key + double(float(value))
        if of_type == "bytes":
            return lambda value: length_delimited(number, bytes_of_text(value))
        head = tag(number, 2)

        def message(value: Any) -> bytes:
            data: bytes = self.encoder(of_type)(value)
            return head + varint(len(data)) + data

        return message

    def _encode_map(self, number: int, json_name: str, of_type: str) -> Encode:
        value_type = of_type[4:-1].split(",", 1)[1]
        key_of, value_of = self._encode_value(1, "string"), self._encode_value(2, value_type)

        def encode(obj: Any) -> bytes:
            found = obj.get(json_name)
            if not found:
                return b""
            return b"".join([length_delimited(number, key_of(k) + value_of(found[k])) for k in sorted(found)])

        return encode

    def _encode_choice(self, name: str, value: Any) -> bytes:
        props = self.encoder(_EXTENSIONS + "JSONSchemaProps")
        if name.endswith("OrBool"):
            if isinstance(value, bool):
                return tag(1, 0) + varint(int(value))
            return tag(1, 0) + varint(1) + length_delimited(2, props(value))
        if isinstance(value, list):
            if name.endswith("OrStringArray"):
                return b"".join(length_delimited(2, v.encode()) for v in value)
            return b"".join(length_delimited(2, props(v)) for v in value)
        return length_delimited(1, props(value))

    def _make_decoder(self, name: str) -> Callable[[bytes | memoryview], Any]:
        if name in SPECIAL:
            special = SPECIAL[name][1]
            return lambda data: special(bytes(data))
        if name.startswith(_EXTENSIONS + "JSONSchemaPropsOr"):
            return lambda data: self._decode_choice(name, data)
        if name.rsplit(".", 1)[-1] in _LISTS_OF_TEXT:
            return lambda data: [bytes(v).decode() for _, v in fields(data) if not isinstance(v, int)]
        rows = {row[0]: self._decode_field(*row[1:4]) for row in self._load()["messages"][name]}

        def decode(data: bytes | memoryview) -> Any:
            obj: Object = {}
            for number, value in fields(data):
                put = rows.get(number)
                if put is not None:
                    put(obj, value)
            return obj

        return decode

    def _decode_field(self, json_name: str, of_type: str, label: str) -> Callable[[Object, Value], None]:
        if of_type.startswith("map<"):
            value_of = self._decode_value(of_type[4:-1].split(",", 1)[1])

            def put_entry(obj: Object, value: Value) -> None:
                key, found = "", None
                for number, part in fields(_message(value)):
                    if number == 1:
                        key = bytes(_message(part)).decode()
                    else:
                        found = value_of(part)
                obj.setdefault(json_name, {})[key] = found

            return put_entry
        one = self._decode_value(of_type)
        if not json_name:
            return lambda obj, value: obj.update(one(value))
        if label == "*":
            return lambda obj, value: obj.setdefault(json_name, []).append(one(value))

        def put(obj: Object, value: Value) -> None:
            obj[json_name] = one(value)

        return put

    def _decode_value(self, of_type: str) -> Decode:
        if of_type == "string":
            return lambda value: str(_message(value), "utf-8")
        if of_type == "bool":
            return lambda value: bool(integer(value))
        if of_type in _VARINTS:
            return lambda value: signed(integer(value))
        if of_type in ("double", "float"):
            return lambda value: from_double(_message(value))
        if of_type == "bytes":
            return lambda value: text_of_bytes(bytes(_message(value)))
        return lambda value: self.decoder(of_type)(_message(value))

    def _decode_choice(self, name: str, data: bytes | memoryview) -> Any:
        props = self.decoder(_EXTENSIONS + "JSONSchemaProps")
        allows, many = False, []
        for number, value in fields(data):
            if isinstance(value, int):
                allows = bool(value)
            elif number == 1 or name.endswith("OrBool"):
                return props(value)
            else:
                many.append(bytes(value).decode() if name.endswith("OrStringArray") else props(value))
        return allows if name.endswith("OrBool") else many


def _message(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("proto: wrong wireType = 0 for a length-delimited field")  # noqa: TRY004
    return value
