"""Empty lists that are always written become null, as a stored protobuf message reads them; compiled once per schema.

Until then they are kept: who sent one owns the field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.schema.model import Field, Schema

# Stored as JSON, these keep an empty list.
_KEEPS = ("io.k8s.apiextensions-apiserver.", "io.k8s.kube-aggregator.")

Walk = Callable[[Any], None]


def _written_empty(field: Field) -> bool:
    """Whether the field is written though it is an empty list or map."""
    return not field.omit_empty and field.schema.type in ("array", "map") and not field.pointer


def nuller(schema: Schema) -> Walk:
    """Changes an object in place."""
    return _Compiler().walk(schema) or (lambda _obj: None)


class _Compiler:
    def __init__(self) -> None:
        self._known: dict[int, Walk | None] = {}

    def walk(self, schema: Schema) -> Walk | None:
        """None where there is nothing to do below."""
        if schema.type == "array" and schema.items is not None:
            return _over(self.walk(schema.items), lambda value: value)
        if schema.type == "map" and schema.values is not None:
            return _over(self.walk(schema.values), lambda value: value.values())
        if schema.type != "object" or schema.name.startswith(_KEEPS):
            return None
        key = id(schema.fields)
        if key not in self._known:
            self._known[key] = None  # a recursive type has no such lists below itself
            self._known[key] = self._struct(schema)
        return self._known[key]

    def _struct(self, schema: Schema) -> Walk | None:
        own = [n for n, f in schema.fields.items() if _written_empty(f)]
        below = [(n, w) for n, f in schema.fields.items() if (w := self.walk(f.schema)) is not None]
        if not own and not below:
            return None

        def walk(value: dict[str, Any]) -> None:
            for name in own:
                if name in value and not value[name]:
                    value[name] = None
            for name, inner in below:
                found = value.get(name)
                if found:
                    inner(found)

        return walk


def _over(inner: Walk | None, values: Callable[[Any], Any]) -> Walk | None:
    if inner is None:
        return None

    def walk(value: Any) -> None:
        for entry in values(value):
            if entry:
                inner(entry)

    return walk
