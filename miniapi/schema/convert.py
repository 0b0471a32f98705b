"""What Go's typed decoding does to an object, compiled per schema: types checked, unknown fields dropped
and reported, empty values left out, fields in their struct's order.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from miniapi.meta.objects import Object
from miniapi.meta.quantity import canonical
from miniapi.schema.model import Field, Schema

Unknown = list[str]
Node = Callable[[Any, Unknown], Any]


class ConvertError(ValueError):
    """A value of the wrong type; the message is encoding/json's, without the kind in front."""


class _Mismatch(Exception):
    """A type mismatch on its way up, collecting the path."""

    def __init__(self, found: str, go_type: str) -> None:
        super().__init__(found)
        self.found, self.go_type = found, go_type
        self.struct = ""
        self.path: list[str] = []


def converter(schema: Schema) -> Callable[[Object], tuple[Object, list[str]]]:
    """-> (object, complaints such as `unknown field "spec.a"`). Raises ConvertError."""
    node = _Compiler().node(schema)

    def convert(obj: Object) -> tuple[Object, list[str]]:
        unknown: Unknown = []
        try:
            converted = node(obj, unknown)
        except _Mismatch as problem:
            where = ".".join([problem.struct, *reversed(problem.path)])
            raise ConvertError(
                f"json: cannot unmarshal {problem.found} into Go struct field {where} of type {problem.go_type}"
            ) from None
        return converted, [f'unknown field "{u.lstrip(".")}"' for u in unknown]

    return convert


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _numbered(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"number {value}"
    return _found(value)


def _string(value: Any, _unknown: Unknown) -> Any:
    if value.__class__ is str:
        return value
    if value is None:
        return ""
    raise _Mismatch(_found(value), "string")


def _boolean(value: Any, _unknown: Unknown) -> Any:
    if value.__class__ is bool:
        return value
    if value is None:
        return False
    raise _Mismatch(_found(value), "bool")


def _integer(bits: int) -> Node:
    low, high, go_type = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1, f"int{bits}"

    def convert(value: Any, _unknown: Unknown) -> Any:
        if value.__class__ is int and low <= value <= high:
            return value
        if value is None:
            return 0
        raise _Mismatch(_numbered(value), go_type)

    return convert


def _number(value: Any, _unknown: Unknown) -> Any:
    if value.__class__ in (int, float):
        return value
    if value is None:
        return 0
    raise _Mismatch(_found(value), "float64")


def _any(value: Any, _unknown: Unknown) -> Any:
    return value


def _int_or_string(value: Any, _unknown: Unknown) -> Any:
    if value.__class__ is str:
        return value
    if value.__class__ is int and -(2**31) <= value < 2**31:
        return value
    if value is None:
        return 0
    raise _Mismatch(
        _numbered(value), "int32" if isinstance(value, (int, float)) and value.__class__ is not bool else "string"
    )


_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def _quantity(value: Any, _unknown: Unknown) -> Any:
    if value is None:
        return "0"
    if value.__class__ is str or value.__class__ is int or value.__class__ is float:
        try:
            return canonical(str(value))
        except ValueError as problem:
            raise ConvertError(str(problem)) from None
    raise ConvertError(_QUANTITY)


_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def _time(value: Any, _unknown: Unknown) -> Any:
    """metav1.Time: whole seconds in UTC."""
    if value is None:
        return None
    if value.__class__ is not str:
        raise _Mismatch(_found(value), "string")
    if len(value) == 20 and value[-1] == "Z" and _TIME.match(value):
        return value
    return _moment(value).strftime("%Y-%m-%dT%H:%M:%SZ")


def _micro_time(value: Any, _unknown: Unknown) -> Any:
    if value is None:
        return None
    if value.__class__ is not str:
        raise _Mismatch(_found(value), "string")
    return _moment(value).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_TIME_PARTS = (
    ("2006", 4),
    ("-", 1),
    ("01", 2),
    ("-", 1),
    ("02", 2),
    ("T", 1),
    ("15", 2),
    (":", 1),
    ("04", 2),
    (":", 1),
    ("05", 2),
)


def _moment(text: str) -> datetime:
    if not _TIME.match(text):
        rest = text
        for part, width in _TIME_PARTS:
            head = rest[:width]
            if (part in "-T:" and head != part) or (part not in "-T:" and not (head.isdigit() and len(head) == width)):
                break
            rest = rest[width:]
        else:
            part = "Z07:00"
        raise ConvertError(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{rest}" as "{part}"')
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
    except ValueError:
        raise ConvertError(f'parsing time "{text}": day out of range') from None


def _duration(value: Any, _unknown: Unknown) -> Any:
    if value is None:
        return "0s"
    if value.__class__ is not str:
        raise _Mismatch(_found(value), "string")
    return value


def _bytes(value: Any, _unknown: Unknown) -> Any:
    if value is None:
        return None
    if value.__class__ is not str:
        raise _Mismatch(_found(value), "[]uint8")
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        bad = re.search(r"[^A-Za-z0-9+/=\r\n]", value)
        at = bad.start() if bad else len(value) - len(value) % 4
        raise ConvertError(f"illegal base64 data at input byte {at}") from None
    return value


_FORMATS: dict[str, Node] = {
    "date-time": _time,
    "micro-time": _micro_time,
    "duration": _duration,
    "quantity": _quantity,
    "int-or-string": _int_or_string,
    "byte": _bytes,
}

_ZERO: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False}


def _later(holder: list[Node]) -> Node:
    """A node that is still being compiled."""

    def convert(value: Any, unknown: Unknown) -> Any:
        return holder[0](value, unknown)

    return convert


class _Compiler:
    """Compiles each object once, so that recursive schemas end."""

    def __init__(self) -> None:
        self._objects: dict[int, list[Node]] = {}

    def node(self, schema: Schema) -> Node:
        if schema.type == "string":
            return _FORMATS.get(schema.format, _string)
        if schema.type == "boolean":
            return _boolean
        if schema.type == "integer":
            return _integer(32 if schema.format == "int32" else 64)
        if schema.type == "number":
            return _number
        if schema.type == "array":
            return self._array(schema)
        if schema.type == "map":
            return self._map(schema)
        if schema.type == "object":
            return self._object(schema)
        return _any

    def _array(self, schema: Schema) -> Node:
        assert schema.items is not None
        item = self.node(schema.items)
        go_type = "[]" + go_type_of(schema.items)

        def convert(value: Any, unknown: Unknown) -> Any:
            if value is None:
                return None
            if value.__class__ is not list:
                raise _Mismatch(_found(value), go_type)
            out = []
            for position, entry in enumerate(value):
                before = len(unknown)
                out.append(item(entry, unknown))
                if len(unknown) > before:
                    unknown[before:] = [f"[{position}]{u}" for u in unknown[before:]]
            return out

        return convert

    def _map(self, schema: Schema) -> Node:
        assert schema.values is not None
        item = self.node(schema.values)
        go_type = "map[string]" + go_type_of(schema.values)
        plain = item is _string

        def convert(value: Any, unknown: Unknown) -> Any:
            if value is None:
                return None
            if value.__class__ is not dict:
                raise _Mismatch(_found(value), go_type)
            if plain:
                for entry in value.values():
                    if entry.__class__ is not str:
                        break
                else:
                    return value
            out = {}
            for key, entry in value.items():
                before = len(unknown)
                out[key] = item(entry, unknown)
                if len(unknown) > before:
                    unknown[before:] = [f".{key}{u}" for u in unknown[before:]]
            return out

        return convert

    def _object(self, schema: Schema) -> Node:
        known = self._objects.get(id(schema.fields))
        if known is not None:
            return _later(known)
        holder: list[Node] = []
        self._objects[id(schema.fields)] = holder
        made = self._make(schema)
        holder.append(made)
        return made

    def _make(self, schema: Schema) -> Node:
        order = {name: i for i, name in enumerate(schema.fields)}
        nodes = {name: (self.node(f.schema), _drops(f)) for name, f in schema.fields.items()}
        always = [
            (name, self.node(f.schema) if f.schema.type == "object" else None, _zero(f))
            for name, f in schema.fields.items()
            if _always(f)
        ]
        struct = schema.name.rsplit(".", 1)[-1]
        go_type = go_type_of(schema)
        get = nodes.get
        index = order.__getitem__

        def convert(value: Any, unknown: Unknown) -> Any:
            if value.__class__ is not dict:
                if value is None:
                    value = {}
                else:
                    raise _Mismatch(_found(value), go_type)
            out: dict[str, Any] = {}
            last, sort = -1, False
            for name, entry in value.items():
                found = get(name)
                if found is None:
                    unknown.append("." + name)
                    continue
                node, drops = found
                if entry is None and drops:
                    continue
                before = len(unknown)
                try:
                    entry = node(entry, unknown)
                except _Mismatch as problem:
                    problem.path.append(name)
                    problem.struct = problem.struct or struct
                    raise
                if len(unknown) > before:
                    unknown[before:] = ["." + name + u for u in unknown[before:]]
                if drops == 2 and not entry:
                    continue
                out[name] = entry
                at = index(name)
                if at < last:
                    sort = True
                last = at
            for name, node_or_none, zero in always:
                if name not in out:
                    out[name] = node_or_none({}, unknown) if node_or_none is not None else zero
                    sort = True
                elif zero is None and node_or_none is None and not out[name]:
                    out[name] = None
            if sort:
                out = {name: out[name] for name in sorted(out, key=index)}
            return out

        return convert


def _drops(field: Field) -> int:
    """0: null is kept, or becomes the zero value; 1: null is left out; 2: every empty value is left out."""
    kind = field.schema.type
    if field.pointer:
        return 1 if field.omit_empty or field.omit_zero else 0
    if field.omit_zero:
        return 2
    if kind == "object" or not field.omit_empty:
        return 0
    return 1 if kind == "any" or field.schema.format in ("quantity", "int-or-string", "duration") else 2


def _always(field: Field) -> bool:
    """Written even where the client says nothing."""
    if field.name in ("kind", "apiVersion", "metadata") or field.omit_zero:
        return field.name == "metadata" and not field.omit_zero
    if field.pointer:
        return not field.omit_empty
    if field.schema.type == "object":
        return True
    if field.schema.format in ("int-or-string", "duration", "quantity"):
        return not field.omit_empty
    return not field.omit_empty


def _zero(field: Field) -> Any:
    if field.pointer:
        return None
    if field.schema.format in ("date-time", "micro-time", "byte"):
        return None
    if field.schema.format == "quantity":
        return "0"
    if field.schema.format == "duration":
        return "0s"
    if field.schema.format == "int-or-string":
        return 0
    return _ZERO.get(field.schema.type)


def go_type_of(schema: Schema) -> str:
    """How Go prints the type in a decoding error."""
    if schema.type == "array" and schema.items is not None:
        return "[]" + go_type_of(schema.items)
    if schema.type == "map" and schema.values is not None:
        return "map[string]" + go_type_of(schema.values)
    if schema.type == "object":
        parts = schema.name.split(".")
        return f"{parts[-2]}.{parts[-1]}" if len(parts) > 1 else "map[string]interface {}"
    if schema.format == "byte":
        return "[]uint8"
    if schema.format in ("quantity", "date-time", "micro-time", "duration", "int-or-string"):
        return {
            "quantity": "resource.Quantity",
            "date-time": "v1.Time",
            "micro-time": "v1.MicroTime",
            "duration": "v1.Duration",
            "int-or-string": "intstr.IntOrString",
        }[schema.format]
    return {"string": "string", "boolean": "bool", "integer": schema.format or "int64", "number": "float64"}.get(
        schema.type, "interface {}"
    )
