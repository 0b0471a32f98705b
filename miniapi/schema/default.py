"""Defaults that are data, compiled per schema; what is a rule is in a kind's strategy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.meta.objects import Object, copy
from miniapi.schema.model import MISSING, Schema

Apply = Callable[[Any], None]


def defaulter(schema: Schema) -> Callable[[Object], None]:
    """Fills missing fields in place, outer before inner."""
    apply = _compile(schema, {})
    return apply if apply is not None else _nothing


def _nothing(_obj: Object) -> None:
    return None


def _compile(schema: Schema, seen: dict[int, list[Apply]]) -> Apply | None:
    if schema.type == "array" and schema.items is not None:
        item = _compile(schema.items, seen)
        return None if item is None else _each(item)
    if schema.type == "map" and schema.values is not None:
        value = _compile(schema.values, seen)
        return None if value is None else _every(value)
    if schema.type != "object":
        return None
    known = seen.get(id(schema.fields))
    if known is not None:
        return known[0] if known else None
    holder: list[Apply] = []
    seen[id(schema.fields)] = holder
    defaults = [(n, f.schema.default) for n, f in schema.fields.items() if f.schema.default is not MISSING]
    inner = [(n, a) for n, f in schema.fields.items() if (a := _compile(f.schema, seen)) is not None]
    if schema.values is not None and (free := _compile(schema.values, seen)) is not None:
        inner.append(("*", free))
    if not defaults and not inner:
        return None

    def apply(obj: Any) -> None:
        if obj.__class__ is not dict:
            return
        for name, value in defaults:
            if name not in obj:
                obj[name] = copy(value) if value.__class__ in (dict, list) else value
        for name, descend in inner:
            found = obj.get(name)
            if found is not None:
                descend(found)

    holder.append(apply)
    return apply


def _each(item: Apply) -> Apply:
    def apply(values: Any) -> None:
        if values.__class__ is list:
            for value in values:
                item(value)

    return apply


def _every(item: Apply) -> Apply:
    def apply(values: Any) -> None:
        if values.__class__ is dict:
            for value in values.values():
                item(value)

    return apply
