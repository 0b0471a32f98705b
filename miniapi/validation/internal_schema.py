"""A schema as the original's internal type writes it in messages: Go names, every field
(apiextensions/types_jsonschema.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
_FIELDS: tuple[tuple[str, str, Any], ...] = (
    ("ID", "id", ""), ("Schema", "$schema", ""), ("Ref", "$ref", None), ("Description", "description", ""),
    ("Type", "type", ""), ("Nullable", "nullable", False), ("Format", "format", ""), ("Title", "title", ""),
    ("Default", "default", None), ("Maximum", "maximum", None), ("ExclusiveMaximum", "exclusiveMaximum", False),
    ("Minimum", "minimum", None), ("ExclusiveMinimum", "exclusiveMinimum", False), ("MaxLength", "maxLength", None),
    ("MinLength", "minLength", None), ("Pattern", "pattern", ""), ("MaxItems", "maxItems", None),
    ("MinItems", "minItems", None), ("UniqueItems", "uniqueItems", False), ("MultipleOf", "multipleOf", None),
    ("Enum", "enum", None), ("MaxProperties", "maxProperties", None), ("MinProperties", "minProperties", None),
    ("Required", "required", None), ("Items", "items", None), ("AllOf", "allOf", None), ("OneOf", "oneOf", None),
    ("AnyOf", "anyOf", None), ("Not", "not", None), ("Properties", "properties", None),
    ("AdditionalProperties", "additionalProperties", None), ("PatternProperties", "patternProperties", None),
    ("Dependencies", "dependencies", None), ("AdditionalItems", "additionalItems", None),
    ("Definitions", "definitions", None), ("ExternalDocs", "externalDocs", None), ("Example", "example", None),
    ("XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", None),
    ("XEmbeddedResource", "x-kubernetes-embedded-resource", False),
    ("XIntOrString", "x-kubernetes-int-or-string", False),
    ("XListMapKeys", "x-kubernetes-list-map-keys", None), ("XListType", "x-kubernetes-list-type", None),
    ("XMapType", "x-kubernetes-map-type", None), ("XValidations", "x-kubernetes-validations", None),
)  # fmt: skip
_MAPS = ("properties", "patternProperties", "definitions")
_LISTS = ("allOf", "oneOf", "anyOf")
_OR_BOOL = ("additionalProperties", "additionalItems")


def given_fields(schema: Schema) -> list[str]:
    """The Go names of what is set, in the order of the type."""
    return [go for go, name, zero in _FIELDS if schema.get(name, zero) != zero and schema[name] is not None]


def internal_schema(schema: Schema | None) -> dict[str, Any] | None:
    """A JSONSchemaProps; None for none."""
    if schema is None:
        return None
    return {go: zero if schema.get(name) is None else _shown(name, schema[name]) for go, name, zero in _FIELDS}


def internal_rule(rule: Schema) -> dict[str, Any]:
    """A ValidationRule."""
    return {
        "Rule": rule.get("rule") or "",
        "Message": rule.get("message") or "",
        "MessageExpression": rule.get("messageExpression") or "",
        "Reason": rule.get("reason"),
        "FieldPath": rule.get("fieldPath") or "",
        "OptionalOldSelf": rule.get("optionalOldSelf"),
    }


def _shown(name: str, value: Any) -> Any:
    if name in _MAPS:
        return {k: internal_schema(value[k]) for k in sorted(value)} if value else None
    if name in _LISTS:
        return [internal_schema(v) for v in value] if value else None
    if name == "not":
        return internal_schema(value)
    if name == "items":
        many = isinstance(value, list)
        return {"Schema": None if many else internal_schema(value), "JSONSchemas": _all(value) if many else None}
    if name in _OR_BOOL:
        free = isinstance(value, bool)
        return {"Allows": value if free else True, "Schema": None if free else internal_schema(value)}
    if name == "dependencies":
        return {k: _dependency(value[k]) for k in sorted(value)}
    if name == "externalDocs":
        return {"Description": value.get("description") or "", "URL": value.get("url") or ""}
    if name == "x-kubernetes-validations":
        return [internal_rule(rule) for rule in value] if value else None
    return value


def _all(schemas: list[Schema]) -> list[Any]:
    return [internal_schema(schema) for schema in schemas]


def _dependency(value: Any) -> dict[str, Any]:
    many = isinstance(value, list)
    return {"Schema": None if many else internal_schema(value), "Property": value if many else None}
