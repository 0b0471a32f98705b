"""Whether a patched map can become a typed object again, in the words of the original's converter.

After k8s.io/apimachinery/pkg/runtime/converter.go (fromUnstructured).
"""

from __future__ import annotations

from typing import Any

from miniapi.patch.go_format import kind_name
from miniapi.schema.model import Schema

_GO_KINDS = {"string": "string", "boolean": "bool", "number": "float64"}


def restore_problem(value: Any, schema: Schema | None) -> str | None:
    """The first misfit, None if there is none. Types with a text form of their own are not looked into."""
    if value is None or schema is None or schema.type == "any" or _own_form(schema):
        return None
    if schema.type in ("object", "map"):
        if not isinstance(value, dict):
            what = "struct from:" if schema.type == "object" else "map from"
            return f"cannot restore {what} {kind_name(value)}"
        for name, field in schema.fields.items():
            problem = restore_problem(value.get(name), field.schema)
            if problem:
                return problem
        for name in sorted(value.keys() - schema.fields.keys()) if schema.values is not None else ():
            problem = restore_problem(value[name], schema.values)
            if problem:
                return problem
        return None
    if schema.type == "array":
        if not isinstance(value, list):
            return f"cannot restore slice from {kind_name(value)}"
        for item in value:
            problem = restore_problem(item, schema.items)
            if problem:
                return problem
        return None
    return _scalar_problem(value, schema)


def _own_form(schema: Schema) -> bool:
    return schema.type == "string" and schema.format not in ("", "byte")


def _scalar_problem(value: Any, schema: Schema) -> str | None:
    given = kind_name(value)
    wanted = _GO_KINDS.get(schema.type) or schema.format or "int64"
    if schema.type == "string" and schema.format == "byte":
        return None if given == "string" else f"cannot restore slice from {given}"
    if given == wanted:
        return None
    if given == "int64" and wanted in ("int32", "float64"):
        return None
    if given == "float64" and wanted in ("int32", "int64"):
        return None if value.is_integer() else f"cannot convert float64 to {wanted}"
    if given == "int64" and wanted == "string":
        return "cannot convert int64 to string"
    return f"unrecognized type: {wanted}"
