"""Defaults that are data, compiled per schema; what is a rule is in a kind's strategy.

Of custom kinds it is structural defaulting (apiextensions-apiserver/pkg/apiserver/schema/defaulting): a
default also replaces null where the schema does not allow it. Of built-in kinds a missing field is an unset
one, since conversion has left out what is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.meta.objects import Object, copy
from miniapi.schema.model import MISSING, Schema

Apply = Callable[[Any], None]


def defaulter(schema: Schema) -> Callable[[Object], None]:
    """Fills missing fields in place, outer before inner."""
    return _compile(schema, {}) or _nothing


def _nothing(_obj: Object) -> None:
    return None


def _compile(schema: Schema, seen: dict[int, list[Apply]]) -> Apply | None:
    """None where there is nothing to default below. `seen` ends the recursion of built-in definitions."""
    if schema.type == "array" and schema.items is not None:
        return _array(schema.items, _compile(schema.items, seen))
    if schema.type == "map" and schema.values is not None:
        return _map(schema.values, _compile(schema.values, seen))
    if schema.type != "object":
        return None
    known = seen.get(id(schema.fields))
    if known is not None:
        return known[0] if known else None
    holder = seen[id(schema.fields)] = []
    made = _object(schema, seen)
    if made is not None:
        holder.append(made)
    return made


def _object(schema: Schema, seen: dict[int, list[Apply]]) -> Apply | None:
    defaults = [
        (name, field.schema.default, field.schema.nullable)
        for name, field in schema.fields.items()
        if field.schema.default is not MISSING
    ]
    inner = [(name, a) for name, field in schema.fields.items() if (a := _compile(field.schema, seen)) is not None]
    if not defaults and not inner:
        return None

    def apply(obj: Any) -> None:
        if obj.__class__ is not dict:
            return
        for name, value, nullable in defaults:
            if obj.get(name) is None and not (nullable and name in obj):
                obj[name] = copy(value)
        for name, descend in inner:
            found = obj.get(name)
            if found is not None:
                descend(found)

    return apply


def _array(items: Schema, inner: Apply | None) -> Apply | None:
    fills = items.default is not MISSING and not items.nullable
    if inner is None and not fills:
        return None

    def apply(values: Any) -> None:
        if values.__class__ is not list:
            return
        for position, value in enumerate(values):
            if value is None and fills:
                value = values[position] = copy(items.default)
            if inner is not None:
                inner(value)

    return apply


def _map(of: Schema, inner: Apply | None) -> Apply | None:
    fills = of.default is not MISSING and not of.nullable
    if inner is None and not fills:
        return None

    def apply(values: Any) -> None:
        if values.__class__ is not dict:
            return
        for name, value in values.items():
            if value is None and fills:
                value = values[name] = copy(of.default)
            if inner is not None:
                inner(value)

    return apply
