"""The formats in a definition's schemas that no check minds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from miniapi.schema.formats import recognized

_ONE = ("items", "additionalItems", "additionalProperties", "not")
_LISTS = ("allOf", "anyOf", "oneOf")
_MAPS = ("properties", "patternProperties", "definitions")


def unrecognized_formats(schemas: Iterable[Mapping[str, Any] | None]) -> list[str]:
    """Each once, in order of appearance."""
    return list(dict.fromkeys(name for schema in schemas if schema for name in _odd(schema)))


def _odd(schema: Mapping[str, Any]) -> Iterator[str]:
    name = schema.get("format")
    if name and not recognized(schema.get("type") or "", name):
        yield name
    for below in _below(schema):
        if isinstance(below, Mapping):
            yield from _odd(below)


def _below(schema: Mapping[str, Any]) -> Iterator[Any]:
    for keyword in _ONE:
        yield schema.get(keyword)
    for keyword in _LISTS:
        yield from schema.get(keyword) or ()
    for keyword in _MAPS:
        yield from (schema.get(keyword) or {}).values()
