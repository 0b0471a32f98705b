"""From a CustomResourceDefinition's openAPIV3Schema to a schema (apiextensions-apiserver/pkg/apiserver/schema).

The schema holds the structure; value validations stay as written in `Schema.rules` and are compiled by
`validate.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.schema.model import MISSING, Field, Schema

Props = Mapping[str, Any]
"""A JSONSchemaProps object."""

_STRING = Schema("string", go_type="string")


def structural(openapi: Props, object_meta: Schema) -> Schema:
    """The schema of a whole object: what every object has comes first, `object_meta` for its metadata."""
    root = _node(openapi, object_meta)
    return _with_type_and_metadata(root, object_meta)


def _with_type_and_metadata(schema: Schema, object_meta: Schema) -> Schema:
    own = {
        "apiVersion": Field("apiVersion", _STRING),
        "kind": Field("kind", _STRING),
        "metadata": Field("metadata", object_meta),
    }
    schema.type = "object"
    schema.fields = {**own, **{n: f for n, f in schema.fields.items() if n not in own}}
    return schema


def _node(raw: Props, object_meta: Schema) -> Schema:
    schema = Schema(
        "any",
        format=raw.get("format", ""),
        list_type=raw.get("x-kubernetes-list-type", "atomic"),
        list_keys=tuple(raw.get("x-kubernetes-list-map-keys", ())),
        map_type=raw.get("x-kubernetes-map-type", "granular"),
        nullable=raw.get("nullable", False),
        preserve_unknown=raw.get("x-kubernetes-preserve-unknown-fields", False),
        embedded_resource=raw.get("x-kubernetes-embedded-resource", False),
        default=MISSING if raw.get("default") is None else raw["default"],
        required=tuple(raw.get("required", ())),
        enum=tuple(raw.get("enum", ())),
        rules=raw,
    )
    of_type = raw.get("type", "")
    properties: Mapping[str, Props] = raw.get("properties") or {}
    additional = raw.get("additionalProperties")
    if raw.get("x-kubernetes-int-or-string"):
        schema.type, schema.format = "string", "int-or-string"
    elif of_type in ("string", "integer", "number", "boolean"):
        schema.type = of_type
    elif of_type == "array":
        schema.type = "array"
        schema.items = _node(raw.get("items") or {}, object_meta)
    elif properties:
        schema.type = "object"
        schema.fields = {n: Field(n, _node(p, object_meta), pointer=True) for n, p in properties.items()}
    elif isinstance(additional, Mapping):
        schema.type, schema.values = "map", _node(additional, object_meta)
    elif additional is not None:
        schema.type, schema.values = "map", Schema("any", nullable=True)
    elif of_type == "object" and not schema.preserve_unknown:
        schema.type = "object"
    if schema.embedded_resource:
        _with_type_and_metadata(schema, object_meta)
    return schema
