"""Objects inside custom objects: type and metadata of what x-kubernetes-embedded-resource marks
(apiextensions-apiserver/pkg/apiserver/schema/objectmeta/validation.go).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.meta import gvk, names
from miniapi.meta.objects import Object
from miniapi.schema.model import Schema
from miniapi.validation import field
from miniapi.validation.field import ErrorList, child, index, key
from miniapi.validation.metadata import object_meta

_Check = Callable[[Any, str], ErrorList]
_MIXED_CASE = "may have mixed case, but should otherwise match: "
_FAKE_NAME = "fakename"


def embedded_validator(schema: Schema) -> Callable[[Object], ErrorList]:
    """-> f(object): what is wrong with the objects embedded in it, the object itself aside."""
    check = _node(schema, root=True)
    return (lambda obj: check(obj, "")) if check is not None else _nothing


def _nothing(_obj: Object) -> ErrorList:
    return []


def _node(schema: Schema | None, *, root: bool = False) -> _Check | None:
    if schema is None:
        return None
    fields = {n: c for n, f in schema.fields.items() if (c := _node(f.schema)) is not None}
    values, item = _node(schema.values), _node(schema.items)
    embedded = schema.embedded_resource and not root
    if not (fields or values or item or embedded):
        return None

    def check(value: Any, path: str) -> ErrorList:
        errors: ErrorList = []
        if isinstance(value, dict):
            if embedded:
                errors += embedded_object(value, path)
            for name, entry in value.items():
                if name in fields:
                    errors += fields[name](entry, child(path, name))
                elif values is not None and name not in schema.fields:
                    errors += values(entry, key(path, name))
        elif isinstance(value, list) and item is not None:
            for i, entry in enumerate(value):
                errors += item(entry, index(path, i))
        return errors

    return check


def embedded_object(value: Object, path: str) -> ErrorList:
    """What is wrong with the type and metadata of one object."""
    errors = [field.required(child(path, n)) for n in ("apiVersion", "kind") if n not in value]
    for name, entry in value.items():
        at = child(path, name)
        if name == "apiVersion":
            errors += _api_version(entry, at)
        elif name == "kind":
            errors += _kind(entry, at)
        elif name == "metadata" and isinstance(entry, dict):
            meta = {**entry, "name": entry.get("name") or _FAKE_NAME}
            namespaced = bool(entry.get("namespace"))
            errors += object_meta(meta, at, namespaced=namespaced, name_check=names.name_is_path_segment)
    return errors


def _api_version(value: Any, path: str) -> ErrorList:
    if not isinstance(value, str):
        return [field.invalid(path, value, "must be a string")]
    if not value:
        return [field.invalid(path, value, "must not be empty")]
    try:
        gvk.parse_api_version(value)
    except ValueError as problem:
        return [field.invalid(path, value, str(problem))]
    return []


def _kind(value: Any, path: str) -> ErrorList:
    if not isinstance(value, str):
        return [field.invalid(path, value, "must be a string")]
    if not value:
        return [field.invalid(path, value, "must not be empty")]
    wrong = names.dns_1035_label(value.lower())
    return [field.invalid(path, value, _MIXED_CASE + ",".join(wrong))] if wrong else []
