"""Ownership of a first write: who creates an object owns every field that he set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from miniapi.meta.objects import Object
from miniapi.patch import fieldpath, managed_fields
from miniapi.patch.fieldpath import Set
from miniapi.patch.granular import Map
from miniapi.patch.node import Node

REMEMBERED = 64
"""Parts of objects whose fields are remembered: enough for the templates that write at the same time."""
LONGEST_BYTES = 16 * 1024
"""Above this size, as JSON, a part is not remembered."""
_NOBODYS = frozenset({"apiVersion", "kind"})


class FirstWrites:
    """Fields of new objects of one kind, part by part of the object.

    A part such as `spec` is often the very same from object to object, as with the pods of one template. Its fields
    are then known without a walk.
    """

    def __init__(self, root: Callable[[], Node], reset: Set) -> None:
        self._root = root
        self._reset = reset
        self._known: dict[tuple[str, bytes], Set] = {}

    def fields(self, obj: Object) -> Set:
        """What belongs to whoever creates `obj`, in the original's order."""
        found: Set = {}
        for name, value in obj.items():
            if name in _NOBODYS:
                continue
            if value.__class__ is dict and name != "metadata" and self._is_struct(name):
                found |= self._remembered(name, value)
            else:
                found |= self._part(name, value)
        return {element: found[element] for element in fieldpath.sort_elements(list(found))}

    def _is_struct(self, name: str) -> bool:
        root = self._root()
        part = root.child(name) if isinstance(root, Map) else None
        return isinstance(part, Map) and bool(part.named)

    def _remembered(self, name: str, value: Any) -> Set:
        text = orjson.dumps(value)
        if len(text) > LONGEST_BYTES:
            return self._part(name, value)
        known = self._known.get((name, text))
        if known is None:
            if len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            known = self._known[name, text] = self._part(name, value)
        return known

    def _part(self, name: str, value: Any) -> Set:
        changed, _ = self._root().compare({}, {name: value})
        if not changed:
            return {}
        if self._reset:
            changed = fieldpath.recursive_difference(changed, self._reset)
        return fieldpath.ordered(fieldpath.difference(changed, managed_fields.STRIPPED))
