"""The values without fields of their own: how each is checked and written, and how Go says that it does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.schema import scalars
from miniapi.schema.model import Schema

Unknown = list[str]
"""Paths of unknown fields, each with its leading dot or bracket."""
Node = Callable[[Any, Unknown], Any]
"""Answers the value to keep, None for none. Null comes only to items of lists and maps, and means zero there."""


class Mismatch(Exception):
    """A value of another JSON type (json.UnmarshalTypeError), on its way up to the root and collecting its path."""

    def __init__(self, found: str, go_type: str) -> None:
        super().__init__(found, go_type)
        self._found, self._go_type = found, go_type
        self._struct, self._path = "", ""

    def enter(self, struct: str, name: str) -> None:
        """The value stands in this field; the innermost struct is the one that is named."""
        self._struct = self._struct or struct
        self._path = f"{name}.{self._path}" if self._path else name

    def __str__(self) -> str:
        where = f"Go struct field {self._struct}.{self._path}" if self._struct else "Go value"
        return f"json: cannot unmarshal {self._found} into {where} of type {self._go_type}"


def json_type(value: Any) -> str:
    """The value's type in encoding/json's words."""
    if value.__class__ is bool:
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if value.__class__ is str:
        return "string"
    return "array" if value.__class__ is list else "object"


def _json_number(value: Any) -> str:
    """As `json_type`, with the number where it is one."""
    found = json_type(value)
    return f"number {value}" if found == "number" else found


def leaf(schema: Schema, *, tolerant: bool = False) -> Node:
    """The node of a schema that is neither list, map nor object.

    A tolerant one refuses only what a type's own decoder does.
    """
    if schema.type == "any":
        return _json if schema.format == "json" else _any
    if tolerant and schema.format not in _OWN_DECODERS:
        return _any
    if schema.format in _BY_FORMAT:
        return _BY_FORMAT[schema.format]
    if schema.type == "integer":
        return _integer(32 if schema.format == "int32" else 64, schema.go_type or schema.format or "int64")
    if schema.type == "boolean":
        return _exactly(bool, False, schema.go_type or "bool")
    if schema.type == "number":
        return _float
    return _exactly(str, "", schema.go_type or "string")


def as_it_is(schema: Schema) -> type | None:
    """Values of which type the node of a schema gives back as they are, without asking it; None where it must be."""
    if schema.type == "boolean":
        return bool
    return str if schema.type == "string" and schema.format not in _BY_FORMAT else None


def _exactly(of: type, zero: Any, go_type: str) -> Node:
    def convert(value: Any, _unknown: Unknown) -> Any:
        if value.__class__ is of:
            return value
        if value is None:
            return zero
        raise Mismatch(json_type(value), go_type)

    return convert


def _integer(bits: int, go_type: str) -> Node:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def convert(value: Any, _unknown: Unknown) -> Any:
        if value.__class__ is int and low <= value <= high:
            return value
        if value is None:
            return 0
        raise Mismatch(_json_number(value), go_type)

    return convert


def _float(value: Any, _unknown: Unknown) -> Any:
    if value.__class__ is int:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if value is None:
        return 0
    raise Mismatch(json_type(value), "float64")


def _any(value: Any, _unknown: Unknown) -> Any:
    return value


def _json(value: Any, unknown: Unknown) -> Any:
    """Any JSON value, with numbers as a float64 is written: `1.0` is 1."""
    if value.__class__ is float:
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if value.__class__ is list:
        return [_json(v, unknown) for v in value]
    return {k: _json(v, unknown) for k, v in value.items()} if value.__class__ is dict else value


_int32 = _integer(32, "int32")


def _int_or_string(value: Any, unknown: Unknown) -> Any:
    return value if value.__class__ is str else _int32(value, unknown)


def _quantity(value: Any, _unknown: Unknown) -> Any:
    if value.__class__ is str:
        return scalars.quantity(value)
    if value is None:
        return "0"
    # Its decoder takes the JSON text as it stands, whatever its type.
    return scalars.quantity(str(value).lower() if value.__class__ is bool else str(value))


def _text(read: Callable[[str], str | None], go_type: str) -> Node:
    def convert(value: Any, _unknown: Unknown) -> Any:
        if value.__class__ is str:
            return read(value)
        if value is None:
            return None
        raise Mismatch(json_type(value), go_type)

    return convert


def _bytes(value: Any, _unknown: Unknown) -> Any:
    if value.__class__ is str:
        return scalars.base64(value)
    if value is None:
        return ""
    raise Mismatch(json_type(value), "[]uint8")


_BY_FORMAT: dict[str, Node] = {
    "date-time": _text(scalars.time, "string"),
    "micro-time": _text(scalars.micro_time, "string"),
    "quantity": _quantity,
    "int-or-string": _int_or_string,
    "byte": _bytes,
}
_OWN_DECODERS = _BY_FORMAT.keys() - {"byte"}
