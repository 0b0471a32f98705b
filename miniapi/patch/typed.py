"""Schemas compiled into nodes, and the few operations that need the root of an object.

One `Compiler` may serve all kinds: nodes of shared definitions are made once, and a node's fields only
when a value uses them. After k8s.io/kube-openapi/pkg/schemaconv and structured-merge-diff/typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.patch.granular import KeyElements, List, Map, SetElements
from miniapi.patch.node import Atomic, AtomicItems, Deduced, Node, Problems, Scalar, ScalarKind
from miniapi.schema.model import MISSING, Field, Schema

DEDUCED: Node = Deduced()
_ZERO: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False}
_STRUCT_ZERO: Mapping[str, Any] = {
    "date-time": None,
    "micro-time": None,
    "duration": "0s",
    "quantity": "0",
    "int-or-string": 0,
}
"""How the original writes unset structs with a text form."""
_WITH_EMPTY_NAME = "io.k8s.api.core.v1.LocalObjectReference"
"""The one item that need not be named, and is then named by nothing (its name says `+default=""`)."""


class InvalidValue(ValueError):
    """A value does not fit its schema; the text is the original's."""


def misfit(node: Node, value: Any, *, repeated: bool = False) -> str:
    """Where `value` does not fit the schema, in the original's words; empty where it does.

    `repeated`: items may be there twice.
    """
    problems: Problems = []
    node.validate(value, "", problems)
    told = [p for p in problems if not (repeated and p.repeated)]
    lines = [f"{p.path}: {p.message}" if p.path else p.message for p in told]
    return "\n".join(["errors:", *("  " + line for line in lines)]) if len(lines) > 1 else "".join(lines)


def check(node: Node, value: Any) -> None:
    """InvalidValue unless `value` fits the schema."""
    if why := misfit(node, value):
        raise InvalidValue(why)


class Compiler:
    """Makes nodes of schema nodes and remembers them.

    A schema whose root has a name is a Go type's: its missing fields may stand for zero values.
    """

    def __init__(self) -> None:
        self._nodes: dict[tuple[Schema, bool], Node] = {}

    def root(self, schema: Schema | None) -> Node:
        """The node of a whole object."""
        if schema is None or schema.type == "any" or (not schema.fields and not schema.name):
            return DEDUCED
        if schema.name:
            return self.node(schema, True)
        return self.node(_with_metadata(schema), False)

    def node(self, schema: Schema, go_type: bool) -> Node:
        """The node of any schema node."""
        known = self._nodes.get((schema, go_type))
        if known is None:
            known = self._nodes[schema, go_type] = self._make(schema, go_type)
        return known

    def _make(self, schema: Schema, go_type: bool) -> Node:
        kind = schema.type
        if kind in ("object", "map"):
            if kind == "object" and not schema.fields and schema.values is None and not schema.name:
                return DEDUCED
            granular = self._map(schema, go_type)
            return Atomic(granular) if schema.map_type == "atomic" else granular
        if kind == "array":
            return self._list(schema, go_type)
        if kind == "any":
            if schema.format in ("int-or-string", "quantity"):
                return Scalar("untyped")
            return Atomic(DEDUCED) if schema.format == "raw" else DEDUCED
        return Scalar(_scalar_kind(schema))

    def _map(self, schema: Schema, go_type: bool) -> Map:
        fields = schema.fields

        def lookup(name: str) -> Node:
            field = fields.get(name)
            return self.node(field.schema, go_type) if field is not None else DEDUCED

        element: Node | None = None
        if schema.values is not None:
            element = self.node(schema.values, go_type)
        elif schema.preserve_unknown or schema.type == "map":
            element = DEDUCED
        return Map(frozenset(fields), lookup, element, _zeros(fields) if go_type else {})

    def _list(self, schema: Schema, go_type: bool) -> Node:
        item = self.node(schema.items, go_type) if schema.items is not None else DEDUCED
        if schema.list_type == "set":
            return List(SetElements(), item)
        if schema.list_type == "map" and schema.list_keys:
            defaults = {k: v for k in schema.list_keys if (v := _key_default(schema.items, k, go_type)) is not MISSING}
            return List(KeyElements(schema.list_keys, defaults), item)
        return AtomicItems(item)


def _scalar_kind(schema: Schema) -> ScalarKind:
    if schema.type == "boolean":
        return "boolean"
    if schema.format in ("int-or-string", "quantity"):
        return "untyped"
    if schema.type in ("integer", "number"):
        return "numeric"
    return "string" if schema.format in ("", "byte") else "untyped"


def _zeros(fields: Mapping[str, Field]) -> Mapping[str, Any]:
    zeros: dict[str, Any] = {}
    for field in fields.values():
        schema = field.schema
        if schema.type == "object" and not field.pointer and not field.omit_zero:
            zeros[field.name] = {}
        elif schema.format in _STRUCT_ZERO and not field.pointer and not field.omit_zero:
            zeros[field.name] = _STRUCT_ZERO[schema.format]
        elif not field.omit_empty:
            zeros[field.name] = None if field.pointer else _ZERO.get(schema.type)
    return zeros


def _key_default(item: Schema | None, key: str, go_type: bool) -> Any:
    """A key's default; a Go field that is always written defaults to its zero value."""
    field = item.fields.get(key) if item is not None else None
    if item is None or field is None:
        return MISSING
    if item.name == _WITH_EMPTY_NAME:
        return ""
    if field.schema.default is not MISSING:
        return field.schema.default
    if go_type and not field.omit_empty and not field.pointer:
        return _ZERO.get(field.schema.type, MISSING)
    return MISSING


def _with_metadata(schema: Schema) -> Schema:
    """A custom resource's schema with the object fields that all kinds share, where it leaves them open."""
    text = Schema("string")
    fields = {name: Field(name, text) for name in ("apiVersion", "kind") if name not in schema.fields}
    known = schema.fields.get("metadata")
    if known is None or "finalizers" not in known.schema.fields:
        fields["metadata"] = Field("metadata", _object_meta())
    if not fields:
        return schema
    return Schema(
        "object",
        fields={**schema.fields, **fields},
        values=schema.values,
        preserve_unknown=schema.preserve_unknown,
        map_type=schema.map_type,
    )


def _object_meta() -> Schema:
    text = Schema("string")
    texts = Schema("map", values=text)
    owner = Schema(
        "object",
        fields={
            name: Field(name, Schema("boolean") if name in ("controller", "blockOwnerDeletion") else text)
            for name in ("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")
        },
        map_type="atomic",
    )
    plain = ("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion")
    fields = {name: Field(name, text) for name in plain}
    fields |= {name: Field(name, Schema("string", "date-time")) for name in ("creationTimestamp", "deletionTimestamp")}
    fields |= {name: Field(name, Schema("integer")) for name in ("generation", "deletionGracePeriodSeconds")}
    fields |= {name: Field(name, texts) for name in ("labels", "annotations")}
    fields["finalizers"] = Field("finalizers", Schema("array", items=text, list_type="set"))
    fields["ownerReferences"] = Field(
        "ownerReferences", Schema("array", items=owner, list_type="map", list_keys=("uid",))
    )
    fields["managedFields"] = Field("managedFields", Schema("array", items=Schema("any")))
    return Schema("object", fields=fields)
