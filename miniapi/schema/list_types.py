"""Lists that are sets or maps hold nothing twice (apiextensions-apiserver/pkg/apiserver/schema/listtype)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from miniapi.errors import Cause
from miniapi.schema.checks import written
from miniapi.schema.model import Schema

Check = Callable[[Any, str], list[Cause]]


def list_type_validator(schema: Schema) -> Callable[[Any], list[Cause]]:
    """-> f(object): one cause for each repeated item."""
    check = _node(schema)
    return (lambda value: check(value, "")) if check is not None else _nothing


def _nothing(_value: Any) -> list[Cause]:
    return []


def _node(schema: Schema | None) -> Check | None:
    if schema is None:
        return None
    if schema.type == "array":
        return _array(schema)
    fields = {n: c for n, f in schema.fields.items() if n != "metadata" and (c := _node(f.schema)) is not None}
    values = _node(schema.values)
    if not fields and values is None:
        return None

    def check(value: Any, path: str) -> list[Cause]:
        if value.__class__ is not dict:
            return []
        out: list[Cause] = []
        for name, entry in value.items():
            if values is not None:
                out += values(entry, f"{path}[{name}]")
            elif name in fields:
                out += fields[name](entry, f"{path}.{name}" if path else name)
        return out

    return check


def _array(schema: Schema) -> Check | None:
    item, kind, keys = _node(schema.items), schema.list_type, schema.list_keys
    if item is None and kind == "atomic":
        return None

    def check(value: Any, path: str) -> list[Cause]:
        if value.__class__ is not list:
            return []
        out: list[Cause] = []
        if kind == "set":
            out += [_duplicate(path, i, value[i]) for i in _repeated(value)]
        elif kind == "map":
            out += _map_problems(value, keys, path)
        if item is not None:
            for position, entry in enumerate(value):
                out += item(entry, f"{path}[{position}]")
        return out

    return check


def _map_problems(entries: list[Any], keys: Sequence[str], path: str) -> list[Cause]:
    for position, entry in enumerate(entries):
        if entry is not None and entry.__class__ is not dict:
            message = f"Invalid value: {written(entry)}: must be an object for an array of list-type map"
            return [Cause("FieldValueInvalid", message, f"{path}[{position}]")]
    named = [{key: entry[key] for key in keys if key in entry} if entry else {} for entry in entries]
    return [_duplicate(path, i, named[i]) for i in _repeated(named)]


def _repeated(entries: list[Any]) -> list[int]:
    """Where an item appears for the second time."""
    if len(entries) < 2:
        return []
    seen: dict[bytes, int] = {}
    out = []
    for position, entry in enumerate(entries):
        text = orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
        times = seen[text] = seen.get(text, 0) + 1
        if times == 2:
            out.append(position)
    return out


def _duplicate(path: str, position: int, value: Any) -> Cause:
    return Cause("FieldValueDuplicate", f"Duplicate value: {written(value)}", f"{path}[{position}]")
