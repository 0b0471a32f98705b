"""Defaults in a definition's schema are pruned and valid themselves
(apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from miniapi.schema.coerce import coercer
from miniapi.schema.crd import structural
from miniapi.schema.model import Schema
from miniapi.schema.validate import NO_OLD, validator
from miniapi.validation import field
from miniapi.validation.embedded import embedded_object, embedded_validator
from miniapi.validation.field import ErrorList, FieldError, child, key
from miniapi.validation.structural_schema import mentions

Props = Mapping[str, Any]
_ANY_META = Schema("any")
_EMBEDDED, _EITHER = "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string"
_TYPE_AND_METADATA = ("apiVersion", "kind", "metadata")
_AROUND = {"apiVersion": "validation/v1", "kind": "Validation"}


class _Place(NamedTuple):
    """Where a default is: `steps` from the object whose type or metadata it is a part of, where it is."""

    inside: bool = False
    steps: tuple[str | None, ...] = ()
    """A field's name, or None for an item of a list."""


def default_problems(schema: Props, path: str) -> ErrorList:
    """What is wrong with the defaults, each outer one before its inner ones; the root is an object of its own."""
    return _node({**schema, _EMBEDDED: True}, path, _Place())


def _node(schema: Props, path: str, place: _Place) -> ErrorList:
    out: ErrorList = []
    whole = bool(schema.get(_EMBEDDED))
    if whole:
        place = _Place()
    if schema.get("default") is not None:
        out += _own(schema, schema["default"], child(path, "default"), place)
    items = schema.get("items")
    if isinstance(items, Mapping):
        out += _node(items, child(path, "items"), _Place(place.inside, (*place.steps, None)))
    for name, props in (schema.get("properties") or {}).items():
        inside = place.inside or (whole and name in _TYPE_AND_METADATA)
        out += _node(props, key(child(path, "properties"), name), _Place(inside, (*place.steps, name)))
    return out


def _own(schema: Props, value: Any, path: str, place: _Place) -> ErrorList:
    if place.inside:
        wrong = embedded_object(_surrounded(value, place.steps), "")
        if wrong:
            told = [f"{e.path}: {e.message}" for e in wrong]
            text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
            return [field.invalid(path, value, f"must result in valid metadata: {text}")]
        return _values(schema, value, path)
    errors: ErrorList = []
    whole = structural({"type": "object", "properties": {"value": schema}}, _ANY_META)
    if _unknown(whole, value):
        errors.append(field.invalid(path, value, "must not have unknown fields"))
    wrong = embedded_validator(whole)({"value": value})
    if wrong:
        return errors + [replace(e, path=path + e.path.removeprefix("value")) for e in wrong]
    return errors + _values(schema, value, path)


def _surrounded(value: Any, steps: tuple[str | None, ...]) -> dict[str, Any]:
    """The object that holds the value, and nothing else."""
    for step in reversed(steps):
        value = [value] if step is None else {step: value}
    return {**_AROUND, **value}


def _values(schema: Props, value: Any, path: str) -> ErrorList:
    wrong = [FieldError(c.reason, c.field, c.message) for c in validator(_loose(schema))(value, NO_OLD)]
    if not wrong and mentions(schema, "x-kubernetes-validations"):
        # Expressions are costly to import, and few schemas have them.
        from miniapi.validation.cel_rules import rule_validator

        judge = rule_validator(schema, root=bool(schema.get(_EMBEDDED)))
        wrong = (judge(value, value) or judge(value, None)) if judge is not None else []
    return [replace(e, path=path if e.path in ("", "<nil>") else child(path, e.path), tolerated=False) for e in wrong]


def _loose(schema: Any) -> Any:
    """A default that may be an integer or a text may be anything."""
    if isinstance(schema, Mapping):
        return {k: _loose(v) for k, v in schema.items() if k != _EITHER}
    return [_loose(v) for v in schema] if isinstance(schema, list) else schema


def _unknown(whole: Schema, value: Any) -> bool:
    """Whether the default holds fields that would be pruned."""
    if not isinstance(value, (dict, list)):
        return False
    _, unknown = coercer(whole, _ANY_META)({"value": value})
    return bool(unknown)
