"""What Go's typed decoding and encoding do to an object, compiled once per schema.

Types are checked, unknown fields dropped and reported, empty values left out, missing structs written,
values brought to their canonical form, and fields put in their struct's order
(sigs.k8s.io/json, k8s.io/apimachinery/pkg/runtime/serializer/json).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.meta.objects import Object
from miniapi.schema.leaves import Mismatch, Node, Unknown, as_it_is, json_type, leaf
from miniapi.schema.model import Field, Schema
from miniapi.schema.scalars import ConvertError

__all__ = ["ConvertError", "converter", "path_converter"]

_WRITTEN_ZERO = frozenset({"int-or-string", "quantity"})
_NULL_ZERO = frozenset({"date-time", "micro-time"})


def converter(schema: Schema) -> Callable[[Object], tuple[Object, list[str]]]:
    """-> (object, complaints such as `unknown field "spec.a"`). Raises ConvertError."""
    convert_paths = path_converter(schema)

    def convert(obj: Object) -> tuple[Object, list[str]]:
        converted, unknown = convert_paths(obj)
        return converted, [f'unknown field "{path}"' for path in unknown]

    return convert


def path_converter(schema: Schema) -> Callable[[Any], tuple[Any, list[str]]]:
    """As `converter`, with the bare paths of unknown fields."""
    node = _Compiler().node(schema)

    def convert(value: Any) -> tuple[Any, list[str]]:
        unknown: Unknown = []
        try:
            converted = node(value, unknown)
        except Mismatch as problem:
            raise ConvertError(_worst(schema, value) or str(problem)) from None
        return converted, [path.lstrip(".") for path in unknown]

    return convert


def _worst(schema: Schema, value: Any) -> str:
    """What a type's own decoder (a time's, a quantity's) says of a value; empty where they are content.

    That ends the decoding, where a value of another type is only remembered: it is told of rather than those before.
    """
    try:
        _Compiler(tolerant=True).node(schema)(value, [])
    except (Mismatch, ConvertError) as problem:
        return str(problem)
    return ""


class _Compiler:
    """Compiles each definition once, so that recursive schemas end. If tolerant, other JSON types are passed over."""

    def __init__(self, tolerant: bool = False) -> None:
        self._objects: dict[int, list[Node]] = {}
        self._tolerant = tolerant

    def node(self, schema: Schema) -> Node:
        if schema.type == "array":
            return self._array(schema)
        if schema.type == "map":
            return self._map(schema)
        if schema.type == "object":
            return self._object(schema)
        if schema.format.startswith("schema-or-"):
            return self._schema_or(schema)
        return leaf(schema, tolerant=self._tolerant)

    def _array(self, schema: Schema) -> Node:
        assert schema.items is not None
        item, go_type, tolerant = self.node(schema.items), schema.go_type, self._tolerant

        def convert(value: Any, unknown: Unknown) -> Any:
            if value.__class__ is not list:
                if value is None or tolerant:
                    return None
                raise Mismatch(json_type(value), go_type)
            out = []
            for position, entry in enumerate(value):
                before = len(unknown)
                out.append(item(entry, unknown))
                if len(unknown) > before:
                    unknown[before:] = [f"[{position}]{u}" for u in unknown[before:]]
            return out

        return convert

    def _map(self, schema: Schema) -> Node:
        assert schema.values is not None
        item, go_type, tolerant = self.node(schema.values), schema.go_type, self._tolerant
        plain = schema.values.type == "string" and not schema.values.format

        def convert(value: Any, unknown: Unknown) -> Any:
            if value.__class__ is not dict:
                if value is None or tolerant:
                    return None
                raise Mismatch(json_type(value), go_type)
            if plain:
                for entry in value.values():
                    if entry.__class__ is not str:
                        break
                else:
                    return value
            out = {}
            for key, entry in value.items():
                before = len(unknown)
                out[key] = item(entry, unknown)
                if len(unknown) > before:
                    unknown[before:] = [f".{key}{u}" for u in unknown[before:]]
            return out

        return convert

    def _schema_or(self, schema: Schema) -> Node:
        """JSONSchemaPropsOrBool and its kin: a schema, or what the format says."""
        assert schema.values is not None
        of, form = self.node(schema.values), schema.format
        strings = leaf(Schema("string", go_type="string"))

        def convert(value: Any, unknown: Unknown) -> Any:
            # Their own decoders drop unknown fields without telling.
            if value.__class__ is dict:
                return of(value, [])
            if form == "schema-or-bool":
                if value is True or value is False:
                    return value
                raise ConvertError("boolean or JSON schema expected")
            if value.__class__ is list:
                inner = of if form == "schema-or-array" else strings
                return [inner(entry, []) for entry in value]
            return None

        return convert

    def _object(self, schema: Schema) -> Node:
        known = self._objects.get(id(schema.fields))
        if known is not None:
            return known[0] if known else _later(known)
        holder: list[Node] = []
        self._objects[id(schema.fields)] = holder
        holder.append(self._struct(schema))
        return holder[0]

    def _struct(self, schema: Schema) -> Node:
        fields = schema.fields
        get = {n: (i, self.node(f.schema), as_it_is(f.schema), _drop(f)) for i, (n, f) in enumerate(fields.items())}.get
        index = {name: position for position, name in enumerate(fields)}.__getitem__
        always = [(n, self._zero(f)) for n, f in fields.items() if _always(f)]
        struct, go_type, tolerant = schema.name.rsplit(".", 1)[-1], schema.go_type, self._tolerant

        def convert(value: Any, unknown: Unknown) -> Any:
            if value.__class__ is not dict:
                if value is not None and not tolerant:
                    raise Mismatch(json_type(value), go_type)
                value = {}
            out: dict[str, Any] = {}
            last, ordered, name = -1, True, ""
            try:
                for name, entry in value.items():
                    found = get(name)
                    if found is None:
                        unknown.append("." + name)
                        continue
                    if entry is None:
                        continue
                    position, node, fits, drop = found
                    if entry.__class__ is not fits:
                        before = len(unknown)
                        entry = node(entry, unknown)
                        if len(unknown) > before:
                            unknown[before:] = ["." + name + u for u in unknown[before:]]
                    if entry is None or (drop and not entry):
                        continue
                    out[name] = entry
                    if position < last:
                        ordered = False
                    last = position
            except Mismatch as problem:
                problem.enter(struct, fields[name].embedded + name)
                raise
            for name, zero in always:
                if name not in out:
                    out[name] = zero() if zero is not None else None
                    ordered = False
            return out if ordered else {name: out[name] for name in sorted(out, key=index)}

        return convert

    def _zero(self, field: Field) -> Callable[[], Any] | None:
        """Makes what Go writes for a field that was not set; None for null."""
        schema = field.schema
        if field.pointer or schema.type in ("array", "map", "any") or schema.format in (*_NULL_ZERO, "byte"):
            return None
        if schema.type == "object":
            node = self._object(schema)
            return lambda: node({}, [])
        if schema.format == "quantity":
            return lambda: "0"
        value: Any = {"string": "", "boolean": False}.get(schema.type, 0)
        if schema.format == "int-or-string":
            value = 0
        return lambda: value


def _later(holder: list[Node]) -> Node:
    """A node that is still being compiled."""

    def convert(value: Any, unknown: Unknown) -> Any:
        return holder[0](value, unknown)

    return convert


def _drop(field: Field) -> bool:
    """Whether an empty value is as good as none. (Null always is.)"""
    schema = field.schema
    if field.pointer or schema.type in ("object", "any") or schema.format in _WRITTEN_ZERO:
        return False
    return field.omit_empty


def _always(field: Field) -> bool:
    """Written even where nothing was said: structs, and what lacks omitempty."""
    if field.omit_zero:
        return False
    if not field.omit_empty:
        return True
    if field.pointer:
        return False
    return field.schema.type == "object" or field.schema.format in _WRITTEN_ZERO | _NULL_ZERO
