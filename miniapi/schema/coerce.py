"""What decoding does to a custom object: metadata is read as Go's ObjectMeta, unknown fields and stray nulls go.

Mirrors unstructuredSchemaCoercer and the packages pruning, objectmeta and defaulting (prunenulls.go) of
apiextensions-apiserver.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from miniapi.meta.objects import Object
from miniapi.schema.convert import ConvertError, path_converter
from miniapi.schema.leaves import Node, Unknown
from miniapi.schema.model import MISSING, Schema

_META = frozenset({"apiVersion", "kind", "metadata"})
_MAX_INT = 2**63
_Child = tuple[Node, bool]
"""How a field is pruned, and whether null is as good as nothing there."""


class _Embedded(Exception):
    """An embedded object's metadata that cannot be read, on its way up and collecting its path."""

    def __init__(self, field: str, value: Any, why: str) -> None:
        super().__init__(field)
        self.path, self._value, self._why = field, value, why

    def __str__(self) -> str:
        return f"{self.path}: Invalid value: {json.dumps(self._value, separators=(',', ':'))}: {self._why}"


def coercer(
    schema: Schema, object_meta: Schema, *, keep_nulls: bool = False
) -> Callable[[Object], tuple[Object, list[str]]]:
    """-> (a new object, complaints such as `unknown field "spec.a"`). Raises ConvertError."""
    read_metadata = path_converter(object_meta)
    root = _Compiler(object_meta, keep_nulls).node(schema, resource=True)

    def coerce(obj: Object) -> tuple[Object, list[str]]:
        unknown: Unknown = []
        in_metadata: list[str] = []
        try:
            out: Object = root(obj, unknown)
        except _Embedded as problem:
            raise ConvertError(str(problem)) from None
        if "metadata" in obj:
            out["metadata"], in_metadata = read_metadata(obj["metadata"])
        paths = [f"metadata.{path}" for path in in_metadata] + sorted(path.lstrip(".") for path in unknown)
        return out, [f'unknown field "{path}"' for path in paths]

    return coerce


@dataclass(slots=True)
class _Compiler:
    object_meta: Schema
    keep_nulls: bool

    def child(self, schema: Schema) -> _Child:
        """A field's or a key's."""
        return self.node(schema), not (self.keep_nulls or schema.nullable) and schema.default is MISSING

    def node(self, schema: Schema | None, *, resource: bool = False, keeps: bool = False) -> Node:
        """`keeps`: below x-kubernetes-preserve-unknown-fields in a list."""
        if schema is None:
            return _stripped
        keeps = keeps or schema.preserve_unknown
        if schema.type == "any" and keeps and schema.items is None:
            return _whole
        own = _META if resource or schema.embedded_resource else frozenset[str]()
        fields = {n: self.child(f.schema) for n, f in schema.fields.items() if n not in own}
        values = self.child(schema.values) if schema.values is not None else None
        item: Node = _whole if keeps else _stripped
        if schema.items is not None:
            item = self.node(schema.items, keeps=keeps)
        embedded = _embedded(self.object_meta) if schema.embedded_resource and not resource else None
        return _pruner(own, fields, values, item, embedded, keeps)


def _pruner(
    own: frozenset[str],
    fields: dict[str, _Child],
    values: _Child | None,
    item: Node,
    embedded: Callable[[str, Any, Unknown], Any] | None,
    keeps: bool,
) -> Node:
    def prune(value: Any, unknown: Unknown) -> Any:
        if value.__class__ is list:
            return [_inside(item, v, unknown, f"[{i}]") for i, v in enumerate(value)]
        if value.__class__ is not dict:
            return value if value.__class__ is not float else _number(value)
        out: Object = {}
        for name, entry in value.items():
            if name in own:
                out[name] = entry if embedded is None else embedded(name, entry, unknown)
                continue
            child = fields.get(name, values)
            if child is None:
                if keeps:
                    out[name] = _whole(entry, unknown)
                else:
                    unknown.append("." + name)
            elif entry is not None:
                out[name] = _inside(child[0], entry, unknown, "." + name)
            elif not child[1]:
                out[name] = None
        return out

    return prune


def _inside(node: Node, value: Any, unknown: Unknown, step: str) -> Any:
    """The node's answer for a value one step below, with what it reports named from here."""
    if value.__class__ is not dict and value.__class__ is not list:
        return value if value.__class__ is not float else _number(value)
    before = len(unknown)
    try:
        out = node(value, unknown)
    except _Embedded as problem:
        problem.path = step.lstrip(".") + ("" if problem.path.startswith("[") else ".") + problem.path
        raise
    if len(unknown) > before:
        unknown[before:] = [step + path for path in unknown[before:]]
    return out


def _whole(value: Any, unknown: Unknown) -> Any:
    if value.__class__ is dict:
        return {name: _whole(entry, unknown) for name, entry in value.items()}
    if value.__class__ is list:
        return [_whole(entry, unknown) for entry in value]
    return value if value.__class__ is not float else _number(value)


def _number(value: float) -> float:
    """As Go writes a float64: `1.0` is 1."""
    return int(value) if value.is_integer() and abs(value) < _MAX_INT else value


def _stripped(value: Any, unknown: Unknown) -> Any:
    """Where nothing is specified, no field is known."""
    if value.__class__ is dict:
        unknown.extend("." + name for name in value)
        return {}
    if value.__class__ is list:
        return [_inside(_stripped, v, unknown, f"[{i}]") for i, v in enumerate(value)]
    return value


def _embedded(object_meta: Schema) -> Callable[[str, Any, Unknown], Any]:
    """Reads an embedded object's apiVersion, kind and metadata."""
    read_metadata = path_converter(object_meta)

    def read(name: str, value: Any, unknown: Unknown) -> Any:
        if name != "metadata":
            if value.__class__ is not str:
                raise _Embedded(name, value, "must be a string")
            return value
        try:
            metadata, paths = read_metadata(value)
        except ConvertError as problem:
            raise _Embedded(name, value, str(problem)) from None
        unknown.extend(f".metadata.{path}" for path in paths)
        return metadata

    return read
