"""A patched map made typed again as the original's converter does, which is laxer than its decoder and has other words.

After k8s.io/apimachinery/pkg/runtime/converter.go (fromUnstructured).
"""

from __future__ import annotations

from typing import Any

from miniapi.patch.go_format import kind_name
from miniapi.schema import scalars
from miniapi.schema.model import Schema
from miniapi.schema.scalars import ConvertError

_TIMES = ("date-time", "micro-time")
_JSON_TYPES = {"int64": "number", "float64": "number", "map": "object", "slice": "array"}
_GO_KINDS = {"string": "string", "boolean": "bool", "number": "float64"}


class Misfit(Exception):
    """A value that its field cannot hold; the message is the converter's."""


def restored(value: Any, schema: Schema | None) -> Any:
    """The value with numbers made whole and wrapped to the width of their fields, as Go converts them.

    Types with a text form of their own are not looked into. Raises Misfit.
    """
    if value is None or schema is None or schema.type == "any":
        return value
    if _own_form(schema):
        if schema.format in _TIMES and not isinstance(value, str):
            found = _JSON_TYPES.get(kind_name(value), kind_name(value))
            raise Misfit(f"json: cannot unmarshal {found} into Go value of type string")
        return value
    if schema.type in ("object", "map"):
        if not isinstance(value, dict):
            what = "struct from:" if schema.type == "object" else "map from"
            raise Misfit(f"cannot restore {what} {kind_name(value)}")
        return _restored_map(value, schema)
    if schema.type == "array":
        if not isinstance(value, list):
            raise Misfit(f"cannot restore slice from {kind_name(value)}")
        return [restored(item, schema.items) for item in value]
    return _scalar(value, schema)


def _restored_map(value: dict[str, Any], schema: Schema) -> dict[str, Any]:
    out = dict(value)
    for name, field in schema.fields.items():
        if name in value:
            out[name] = restored(value[name], field.schema)
    for name in sorted(value.keys() - schema.fields.keys()) if schema.values is not None else ():
        out[name] = restored(value[name], schema.values)
    return out


def _own_form(schema: Schema) -> bool:
    return schema.type == "string" and schema.format not in ("", "byte")


def _scalar(value: Any, schema: Schema) -> Any:
    given = kind_name(value)
    wanted = _GO_KINDS.get(schema.type) or schema.format or "int64"
    if schema.type == "string" and schema.format == "byte":
        if given != "string":
            raise Misfit(f"cannot restore slice from {given}")
        return _base64(value)
    if schema.type == "integer" and given in ("int64", "float64"):
        if given == "float64" and not value.is_integer():
            raise Misfit(f"cannot convert float64 to {wanted}")
        return _wrapped(int(value), 32 if wanted == "int32" else 64)
    if given == wanted or (given == "int64" and wanted == "float64"):
        return value
    if given == "int64" and wanted == "string":
        raise Misfit(f"cannot convert int64 to {schema.go_type or wanted}")
    raise Misfit(f"unrecognized type: {wanted}")


def _base64(text: str) -> str:
    try:
        return scalars.base64(text)
    except ConvertError as problem:
        raise Misfit(f"error decoding from json: {problem}") from None


def _wrapped(number: int, bits: int) -> int:
    """Go's conversion to a narrower integer keeps the low bits."""
    half = 1 << (bits - 1)
    return (number + half) % (2 * half) - half
