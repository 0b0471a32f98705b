"""OpenAPI v2 as protobuf: the document in the messages of gnostic's openapi.v2 (github.com/google/gnostic-models).

Field numbers are gnostic's. Maps are lists of named values there, extensions and free values are YAML text (JSON is).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from miniapi.codec.protobuf_wire import FIXED64, VARINT, double, key, length_delimited, varint

MEDIA_TYPES: Final = (
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
)
"""The first is the older name; since it is no valid media type, those who ask for it are answered with the second."""

Encode = Callable[[int, Any], bytes]
"""(field number, JSON value) -> the field."""


def document(swagger: dict[str, Any]) -> bytes:
    """The bytes of an openapi.v2.Document."""
    return _message(swagger, _DOCUMENT, extensions=16)


def _message(obj: dict[str, Any], fields: dict[str, tuple[int, Encode]], extensions: int) -> bytes:
    parts = []
    for name, value in obj.items():
        known = fields.get(name)
        if known is not None:
            parts.append(known[1](known[0], value))
        elif name.startswith("x-"):
            entry = length_delimited(1, name.encode()) + _any(2, value)
            parts.append(length_delimited(extensions, entry))
    return b"".join(parts)


def _text(number: int, value: Any) -> bytes:
    return length_delimited(number, value.encode())


def _flag(number: int, value: Any) -> bytes:
    return key(number, VARINT) + varint(int(value))


def _number(number: int, value: Any) -> bytes:
    return key(number, FIXED64) + double(value)


def _any(number: int, value: Any) -> bytes:
    return length_delimited(number, length_delimited(2, orjson.dumps(value)))


def _many(one: Encode) -> Encode:
    return lambda number, values: b"".join([one(number, value) for value in values])


def _named(one: Encode, within: int) -> Encode:
    """A map: a message whose field `within` repeats {name, value}."""

    def encode(number: int, values: Any) -> bytes:
        entries = [length_delimited(within, _text(1, name) + one(2, value)) for name, value in values.items()]
        return length_delimited(number, b"".join(entries))

    return encode


def _schema(number: int, value: Any) -> bytes:
    return length_delimited(number, _message(value, _SCHEMA, extensions=31))


def _wrapped_schema(number: int, value: Any) -> bytes:
    """ItemsItem, SchemaItem: a message with the schema alone."""
    return length_delimited(number, _schema(1, value))


def _additional(number: int, value: Any) -> bytes:
    return length_delimited(number, _flag(2, value) if isinstance(value, bool) else _schema(1, value))


def _type(number: int, value: Any) -> bytes:
    return length_delimited(number, _many(_text)(1, [value] if isinstance(value, str) else value))


def _parameter(number: int, value: Any) -> bytes:
    """ParametersItem: what kind of parameter it is, is where it stands in a nest of choices."""
    if value["in"] == "body":
        inner = length_delimited(1, _message(value, _BODY_PARAMETER, extensions=6))
    elif value["in"] == "path":
        inner = length_delimited(2, length_delimited(4, _message(value, _PATH_PARAMETER, extensions=22)))
    else:
        inner = length_delimited(2, length_delimited(3, _message(value, _QUERY_PARAMETER, extensions=23)))
    return length_delimited(number, length_delimited(1, inner))


def _response(number: int, value: Any) -> bytes:
    return length_delimited(number, length_delimited(1, _message(value, _RESPONSE, extensions=5)))


def _operation(number: int, value: Any) -> bytes:
    return length_delimited(number, _message(value, _OPERATION, extensions=13))


def _path(number: int, value: Any) -> bytes:
    return length_delimited(number, _message(value, _PATH, extensions=10))


def _info(number: int, value: Any) -> bytes:
    return length_delimited(number, _message(value, {"title": (1, _text), "version": (2, _text)}, extensions=7))


_SCHEMA: Final[dict[str, tuple[int, Encode]]] = {
    "$ref": (1, _text),
    "format": (2, _text),
    "title": (3, _text),
    "description": (4, _text),
    "default": (5, _any),
    "maximum": (7, _number),
    "minimum": (9, _number),
    "maxLength": (11, _flag),
    "minLength": (12, _flag),
    "pattern": (13, _text),
    "maxItems": (14, _flag),
    "minItems": (15, _flag),
    "uniqueItems": (16, _flag),
    "required": (19, _many(_text)),
    "enum": (20, _many(_any)),
    "additionalProperties": (21, _additional),
    "type": (22, _type),
    "items": (23, _wrapped_schema),
    "allOf": (24, _many(_schema)),
    "properties": (25, _named(_schema, 1)),
}
_BODY_PARAMETER: Final[dict[str, tuple[int, Encode]]] = {
    "description": (1, _text),
    "name": (2, _text),
    "in": (3, _text),
    "required": (4, _flag),
    "schema": (5, _schema),
}
_PATH_PARAMETER: Final[dict[str, tuple[int, Encode]]] = {
    "required": (1, _flag),
    "in": (2, _text),
    "description": (3, _text),
    "name": (4, _text),
    "type": (5, _text),
    "uniqueItems": (18, _flag),
}
_QUERY_PARAMETER: Final[dict[str, tuple[int, Encode]]] = {
    "required": (1, _flag),
    "in": (2, _text),
    "description": (3, _text),
    "name": (4, _text),
    "type": (6, _text),
    "uniqueItems": (19, _flag),
}
_RESPONSE: Final[dict[str, tuple[int, Encode]]] = {"description": (1, _text), "schema": (2, _wrapped_schema)}
_OPERATION: Final[dict[str, tuple[int, Encode]]] = {
    "tags": (1, _many(_text)),
    "description": (3, _text),
    "operationId": (5, _text),
    "produces": (6, _many(_text)),
    "consumes": (7, _many(_text)),
    "parameters": (8, _many(_parameter)),
    "responses": (9, _named(_response, 1)),
    "schemes": (10, _many(_text)),
}
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch")
_PATH: Final[dict[str, tuple[int, Encode]]] = {
    **{method: (number, _operation) for number, method in enumerate(_METHODS, 2)},
    "parameters": (9, _many(_parameter)),
}
_DOCUMENT: Final[dict[str, tuple[int, Encode]]] = {
    "swagger": (1, _text),
    "info": (2, _info),
    "paths": (8, _named(_path, 2)),
    "definitions": (9, _named(_schema, 1)),
}
