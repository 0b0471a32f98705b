"""One schema model for built-in and custom kinds.

A node says what values are allowed and how they merge; a `Field` adds how the containing object
treats it (the Go struct's `omitempty` and pointers for built-ins). Nodes of named definitions are
shared and may refer to themselves: treat them as read-only once built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Type = Literal["object", "map", "array", "string", "integer", "number", "boolean", "any"]
ListType = Literal["atomic", "set", "map"]
MapType = Literal["granular", "atomic"]

MISSING: Final = object()
"""`Schema.default` where there is none (None is a default too)."""


@dataclass(slots=True, eq=False)
class Schema:
    """One node.

    `type` is `object` for a fixed set of fields, `map` for free keys with `values`, `any` for what is
    not described (RawExtension, JSON, `x-kubernetes-preserve-unknown-fields` without properties).
    """

    type: Type
    format: str = ""
    """int32, int64, byte, date-time, micro-time, duration, quantity, int-or-string, raw, fields-v1, or a CRD's own."""
    name: str = ""
    """Definition name such as `io.k8s.api.core.v1.Container`; empty for nodes without one."""
    fields: dict[str, Field] = field(default_factory=dict)
    """Of an object, in the order in which the original writes them."""
    values: Schema | None = None
    """Of a map; also of an object with additionalProperties (CRDs)."""
    items: Schema | None = None
    """Of an array."""
    list_type: ListType = "atomic"
    list_keys: tuple[str, ...] = ()
    """The fields that name an item, for list_type `map`."""
    map_type: MapType = "granular"
    merge_key: str = ""
    """x-kubernetes-patch-merge-key."""
    merge_strategy: tuple[str, ...] = ()
    """x-kubernetes-patch-strategy: merge, replace, retainKeys."""
    nullable: bool = False
    preserve_unknown: bool = False
    """x-kubernetes-preserve-unknown-fields: fields not named are kept as they are."""
    embedded_resource: bool = False
    default: Any = MISSING
    required: tuple[str, ...] = ()
    """Of a CRD's object. Built-ins check this in validation."""
    enum: tuple[Any, ...] = ()
    rules: Mapping[str, Any] = field(default_factory=dict)
    """Value validations of a CRD as written (minimum, pattern, oneOf, x-kubernetes-validations, ...)."""
    description: str = ""
    go_type: str = ""
    """The Go type of a built-in's value as decoding errors show it: `v1.Protocol`, `map[string]string`."""


@dataclass(slots=True, eq=False)
class Field:
    """One field of an object."""

    name: str
    schema: Schema
    omit_empty: bool = True
    """Go's omitempty: false, 0, "", empty lists and maps, and null are not written. Structs always are, unless..."""
    omit_zero: bool = False
    """Go's omitzero: a struct with nothing set is not written either."""
    pointer: bool = False
    """A pointer in Go: zero values are kept and written, only null means unset."""
    go_name: str = ""
    """The Go field's name, as decoding errors show it."""
    embedded: str = ""
    """The embedded structs that bring the field, outermost first, as decoding errors show them: `VolumeSource.`."""
    inline: bool = False
