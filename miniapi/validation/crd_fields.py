"""Printer columns, subresources and selectable fields of a CustomResourceDefinition (apiextensions/validation)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.validation import field, rules
from miniapi.validation.cel_paths import BadPath, field_path
from miniapi.validation.field import ErrorList, child, index

_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_MAX_SELECTABLE = 8
_SELECTABLE_TYPES = ("string", "boolean", "integer")
_SELECTABLE_RULE = (
    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
)


def _json_path(text: str, path: str) -> ErrorList:
    return [] if text.startswith(".") else [field.invalid(path, text, "must be a simple json path starting with .")]


def _column(column: Mapping[str, Any], path: str) -> ErrorList:
    kind, form, text = (column.get(n) or "" for n in ("type", "format", "jsonPath"))
    errors = rules.required_fields(column, path, "name")
    if not kind:
        errors.append(field.required(child(path, "type"), f"must be one of {','.join(_COLUMN_TYPES)}"))
    elif kind not in _COLUMN_TYPES:
        errors.append(field.invalid(child(path, "type"), kind, f"must be one of {','.join(_COLUMN_TYPES)}"))
    if form and form not in _COLUMN_FORMATS:
        errors.append(field.invalid(child(path, "format"), form, f"must be one of {','.join(_COLUMN_FORMATS)}"))
    at = child(path, "JSONPath")
    return errors + (_json_path(text, at) if text else [field.required(at)])


def columns(given: list[Any], path: str) -> ErrorList:
    """additionalPrinterColumns."""
    return [e for i, column in enumerate(given) for e in _column(column, index(path, i))]


def subresources(value: Mapping[str, Any], path: str) -> ErrorList:
    """The paths of a scale."""
    scale = value.get("scale")
    if scale is None:
        return []
    errors: ErrorList = []
    for name, roots, needed, where in (
        ("specReplicasPath", (".spec.",), True, ".spec"),
        ("statusReplicasPath", (".status.",), True, ".status"),
        ("labelSelectorPath", (".status.", ".spec."), False, "either .spec or .status"),
    ):
        text, at = scale.get(name) or "", child(path, "scale", name)
        if not text:
            errors += [field.required(at)] if needed else []
        elif wrong := _json_path(text, at):
            errors += wrong
        elif not text.startswith(roots):
            errors.append(field.invalid(at, text, f"should be a json path under {where}"))
    return errors


def selectable(fields: list[Any], schema: Mapping[str, Any], path: str) -> ErrorList:
    """selectableFields, which lead to scalars of the schema."""
    errors: ErrorList = []
    seen: set[str] = set()
    for i, entry in enumerate(fields):
        text, at = entry.get("jsonPath") or "", child(index(path, i), "jsonPath")
        if not text:
            errors.append(field.required(at))
            continue
        try:
            found, node = field_path(text, schema, array_notation=False)
        except BadPath as problem:
            errors.append(field.invalid(at, text, f"is an invalid path: {problem}"))
            continue
        if found.split(".")[0] == "metadata":
            errors.append(field.invalid(at, text, "must not point to fields in metadata"))
        if node.get("type") not in _SELECTABLE_TYPES:
            errors.append(field.invalid(at, text, _SELECTABLE_RULE))
        if found in seen:
            errors.append(field.duplicate(at, text))
        seen.add(found)
    if len(seen) > _MAX_SELECTABLE:
        errors.append(field.too_many(path, len(seen), _MAX_SELECTABLE))
    return errors
