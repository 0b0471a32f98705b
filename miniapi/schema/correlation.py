"""Which old value belongs to a new one, and whether it is the same (apiserver/pkg/cel/common: equality.go, maplist.go).

Only what a schema describes can be the same, and items only where a list's keys tell which is which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

Props = Mapping[str, Any]

ABSENT: Final = object()
"""The old value where there is none."""


def map_keys(schema: Props) -> tuple[str, ...]:
    """The fields that name a list's items; none where items have no names."""
    keys = schema.get("x-kubernetes-list-map-keys") if schema.get("x-kubernetes-list-type") == "map" else None
    return tuple(keys or ())


class MapList:
    """The items of a list by their keys; of those with the same, the first."""

    __slots__ = ("_items", "_keys")

    def __init__(self, keys: Sequence[str], items: Any) -> None:
        self._keys = keys
        self._items: dict[Any, Any] = {}
        for item in items if keys and items.__class__ is list else ():
            key = _key(item, keys)
            if key is not None:
                self._items.setdefault(key, item)

    def get(self, item: Any) -> Any:
        """The item with the keys of this one; ABSENT."""
        key = _key(item, self._keys) if self._items else None
        return self._items.get(key, ABSENT) if key is not None else ABSENT


def _key(item: Any, keys: Sequence[str]) -> tuple[tuple[type, Any], ...] | None:
    """None where one is missing or no scalar."""
    if item.__class__ is not dict:
        return None
    found = [item.get(key) for key in keys]
    if any(value is None or value.__class__ in (dict, list) for value in found):
        return None
    return tuple((value.__class__, value) for value in found)


def unchanged(schema: Props, value: Any, old: Any) -> bool:
    """Whether nothing has changed, as far as the schema can tell."""
    if value.__class__ is not old.__class__:
        return False
    if value.__class__ is dict:
        return len(value) == len(old) and all(
            name in old and (inner := _below(schema, name)) is not None and unchanged(inner, entry, old[name])
            for name, entry in value.items()
        )
    keys = map_keys(schema) if value.__class__ is list else ()
    if not keys:
        return bool(value == old)
    olds, items = MapList(keys, old), schema["items"]
    return len(value) == len(old) and all(
        (before := olds.get(item)) is not ABSENT and unchanged(items, item, before) for item in value
    )


def _below(schema: Props, name: str) -> Props | None:
    """The schema of an object's member; None where it has none."""
    properties: Mapping[str, Props] = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    return properties.get(name, additional if isinstance(additional, Mapping) else None)
