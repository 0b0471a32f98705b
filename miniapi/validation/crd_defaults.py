"""Defaults in a definition's schema are pruned and valid themselves
(apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from miniapi.schema.coerce import coercer
from miniapi.schema.crd import structural
from miniapi.schema.model import Schema
from miniapi.schema.validate import NO_OLD, validator
from miniapi.validation import field
from miniapi.validation.field import ErrorList, FieldError, child, key
from miniapi.validation.structural_schema import mentions

Props = Mapping[str, Any]
_NO_META = Schema("object", preserve_unknown=True)


def default_problems(schema: Props, path: str) -> ErrorList:
    """What is wrong with the defaults, each outer one before its inner ones."""
    out: ErrorList = []
    if schema.get("default") is not None:
        out += _own(schema, schema["default"], child(path, "default"))
    items, additional = schema.get("items"), schema.get("additionalProperties")
    if isinstance(items, Mapping):
        out += default_problems(items, child(path, "items"))
    for name, props in (schema.get("properties") or {}).items():
        out += default_problems(props, key(child(path, "properties"), name))
    if isinstance(additional, Mapping):
        out += default_problems(additional, child(path, "additionalProperties"))
    return out


def _own(schema: Props, value: Any, path: str) -> ErrorList:
    if _unknown(schema, value):
        return [field.invalid(path, value, "must not have unknown fields")]
    wrong = [FieldError(c.reason, c.field, c.message) for c in validator(schema)(value, NO_OLD)]
    if not wrong and mentions(schema, "x-kubernetes-validations"):
        # Expressions are costly to import, and few schemas have them.
        from miniapi.validation.cel_rules import rule_validator

        judge = rule_validator(schema)
        wrong = judge(value, value) if judge is not None else []
    return [replace(e, path=path if e.path == "<nil>" else child(path, e.path), tolerated=False) for e in wrong]


def _unknown(schema: Props, value: Any) -> bool:
    """Whether the default holds fields that would be pruned."""
    if not isinstance(value, (dict, list)):
        return False
    wrapper = structural({"type": "object", "properties": {"value": schema}}, _NO_META)
    _, unknown = coercer(wrapper, _NO_META)({"value": value})
    return bool(unknown)
