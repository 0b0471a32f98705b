"""The schema of a CustomResourceDefinition: OpenAPI v3 as far as it goes, and structural.

Follows apiextensions/validation (ValidateCustomResourceDefinitionOpenAPISchema) and
apiserver/schema (ValidateStructural). Values of defaults and rules in CEL are checked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from miniapi.meta.regexp import BadPattern, compiled
from miniapi.validation import field
from miniapi.validation.field import ErrorList, child, index, key

Schema = Mapping[str, Any]
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_UNSUPPORTED = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_LEVELS = {
    "root": "must not be empty at the root",
    "item": "must not be empty for specified array items",
    "field": "must not be empty for specified object fields",
}
_EMBEDDED = "x-kubernetes-embedded-resource"
_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
_EITHER = "x-kubernetes-int-or-string"
_LIST, _KEYS, _MAP = "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"
_JUNCTORS = ("anyOf", "allOf", "oneOf")


def _children(schema: Schema, path: str) -> Iterator[tuple[Schema, str]]:
    """Every schema directly inside another, with its path."""
    extra = schema.get("additionalProperties")
    if isinstance(extra, Mapping):
        yield extra, child(path, "additionalProperties")
    for name, value in (schema.get("properties") or {}).items():
        yield value, key(child(path, "properties"), name)
    if isinstance(schema.get("not"), Mapping):
        yield schema["not"], child(path, "not")
    for junctor in ("allOf", "oneOf", "anyOf"):
        for i, value in enumerate(schema.get(junctor) or ()):
            yield value, index(child(path, junctor), i)
    if isinstance(schema.get("items"), Mapping):
        yield schema["items"], child(path, "items")


# --- what OpenAPI v3 allows here ---


def openapi(schema: Schema, path: str) -> ErrorList:
    """Rules of every schema node by itself, whole tree."""
    errors = _supported(schema, path)
    if schema.get("uniqueItems"):
        why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        errors.append(field.forbidden(child(path, "uniqueItems"), why))
    extra = schema.get("additionalProperties")
    if schema.get("properties") and (extra is False or isinstance(extra, Mapping)):
        why = "additionalProperties and properties are mutual exclusive"
        errors.append(field.forbidden(child(path, "additionalProperties"), why))
    errors += [e for value, at in _children(schema, path) for e in openapi(value, at)]
    if schema.get(_UNKNOWN) is False:
        errors.append(field.invalid(child(path, _UNKNOWN), False, "must be true or undefined"))
    return errors + _list_type(schema, path)


def _supported(schema: Schema, path: str) -> ErrorList:
    errors = [field.forbidden(child(path, n), f"{n} is not supported") for n in _UNSUPPORTED if schema.get(n)]
    kind = schema.get("type") or ""
    if kind == "null":
        why = "type cannot be set to null, use nullable as an alternative"
        errors.append(field.forbidden(child(path, "type"), why))
    elif kind and kind not in _TYPES:
        errors.append(field.not_supported(child(path, "type"), kind, _TYPES))
    if isinstance(schema.get("items"), list):
        errors.append(field.forbidden(child(path, "items"), "items must be a schema object and not an array"))
    return errors


def _needs_type(schema: Schema, path: str, wanted: str, why: str) -> ErrorList:
    kind, at = schema.get("type") or "", child(path, "type")
    if kind == wanted:
        return []
    return [field.invalid(at, kind, why) if kind else field.required(at, why)]


def _list_type(schema: Schema, path: str) -> ErrorList:
    errors: ErrorList = []
    map_type, list_type, keys = schema.get(_MAP), schema.get(_LIST), schema.get(_KEYS) or []
    if map_type is not None:
        errors += _needs_type(schema, path, "object", f"must be object if {_MAP} is specified")
        if map_type not in ("atomic", "granular"):
            errors.append(field.not_supported(child(path, _MAP), map_type, ("atomic", "granular")))
    if list_type is not None:
        wrong = _needs_type(schema, path, "array", f"must be array if {_LIST} is specified")
        errors += wrong
        if not wrong and list_type not in ("atomic", "map", "set"):
            errors.append(field.not_supported(child(path, _LIST), list_type, ("atomic", "map", "set")))
    if keys and list_type != "map":
        why, at = f"must be map if {_KEYS} is non-empty", child(path, _LIST)
        errors.append(field.required(at, why) if list_type is None else field.invalid(at, list_type, why))
    if list_type == "map":
        errors += _map_list(schema, path, keys)
    if list_type == "set" and isinstance(schema.get("items"), Mapping):
        errors += _set_items(schema["items"], child(path, "items"))
    return errors


def _set_items(items: Schema, path: str) -> ErrorList:
    errors: ErrorList = []
    if items.get("nullable"):
        errors.append(field.forbidden(child(path, "nullable"), f"cannot be nullable when {_LIST} is set"))
    for kind, extension in (("object", _MAP), ("array", _LIST)):
        if items.get("type") == kind and items.get(extension, "atomic" if kind == "array" else None) != "atomic":
            why = f"must be atomic as item of a list with {_LIST}=set"
            errors.append(field.invalid(child(path, extension), items.get(_LIST), why))
    return errors


def _map_list(schema: Schema, path: str, keys: list[str]) -> ErrorList:
    errors: ErrorList = []
    if not keys:
        errors.append(field.required(child(path, _KEYS), f"must not be empty if {_LIST} is map"))
    items, at = schema.get("items"), child(path, "items")
    if not isinstance(items, Mapping):
        return [*errors, field.required(at, f"must have a schema if {_LIST} is map")]
    if items.get("type") != "object":
        why = f"must be object if parent array's {_LIST} is map"
        return [*errors, field.invalid(child(at, "type"), items.get("type") or "", why)]
    properties, needed = items.get("properties") or {}, items.get("required") or ()
    for name in keys:
        where = key(child(at, "properties"), name)
        if name not in properties:
            errors.append(field.invalid(child(path, _KEYS), keys, "entries must all be names of item properties"))
        elif properties[name].get("type") in ("array", "object"):
            why = f"must be a scalar type if parent array's {_LIST} is map"
            errors.append(field.invalid(child(where, "type"), properties[name]["type"], why))
    if len(set(keys)) < len(keys):
        errors.append(field.invalid(child(path, _KEYS), keys, "must not contain duplicate entries"))
    if errors:
        return errors
    for name in keys:
        where = key(child(at, "properties"), name)
        if properties[name].get("nullable"):
            why = f"this property is in {_KEYS}, so it cannot be nullable"
            errors.append(field.forbidden(child(where, "nullable"), why))
        if properties[name].get("default") is None and name not in needed:
            why = f"this property is in {_KEYS}, so it must have a default or be a required property"
            errors.append(field.required(child(where, "default"), why))
    return errors


# --- what makes it structural ---


def is_convertible(schema: Schema) -> bool:
    """Whether the original can make a structural schema of it at all (NewStructural); else it says no more of it."""
    unsupported = any(schema.get(n) for n in (*_UNSUPPORTED, "$schema"))
    if unsupported or isinstance(schema.get("items"), list) or schema.get(_UNKNOWN) is False:
        return False
    return all(is_convertible(value) for value, _ in _children(schema, ""))


def structural(schema: Schema, path: str) -> ErrorList:
    """ValidateStructural: sorted by their text, since properties have no order."""
    return sorted(_invariants(schema, path, "root"), key=lambda e: f"{e.path}: {e.message}")


def _invariants(schema: Schema, path: str, level: str) -> ErrorList:
    errors: ErrorList = []
    kind, items, extra = schema.get("type") or "", schema.get("items"), schema.get("additionalProperties")
    if kind == "array" and items is None:
        errors.append(field.required(child(path, "items"), "must be specified"))
    if isinstance(items, Mapping):
        errors += _invariants(items, child(path, "items"), "item")
    for name, value in (schema.get("properties") or {}).items():
        errors += _invariants(value, key(child(path, "properties"), name), "field")
    if extra is not None:
        if level == "root":
            errors.append(field.forbidden(child(path, "additionalProperties"), "must not be used at the root"))
        if isinstance(extra, Mapping):
            errors += _invariants(extra, child(path, "additionalProperties"), "field")
    errors += _extensions(schema, path) + _value_validation(schema, path, top=True)
    return errors + _type(schema, path, level) + _metadata(schema, path, level)


def _extensions(schema: Schema, path: str) -> ErrorList:
    if not schema.get(_EITHER):
        return []
    why = f"must be false if {_EITHER} is true"
    return [field.invalid(child(path, n), True, why) for n in (_UNKNOWN, _EMBEDDED) if schema.get(n)]


def _type(schema: Schema, path: str, level: str) -> ErrorList:
    errors: ErrorList = []
    kind, embedded = schema.get("type") or "", schema.get(_EMBEDDED)
    if embedded and kind != "object":
        why, at = f"must be object if {_EMBEDDED} is true", child(path, "type")
        errors.append(field.invalid(at, kind, why) if kind else field.required(at, why))
    elif not kind and not schema.get(_EITHER) and not schema.get(_UNKNOWN):
        errors.append(field.required(child(path, "type"), _LEVELS[level]))
    if embedded and schema.get("additionalProperties") is not None:
        why = f"must not be used if {_EMBEDDED} is set"
        errors.append(field.forbidden(child(path, "additionalProperties"), why))
    if level == "root" and kind and kind != "object":
        errors.append(field.invalid(child(path, "type"), kind, "must be object at the root"))
    if embedded and not schema.get(_UNKNOWN) and not schema.get("properties"):
        why = f"must not be empty if {_EMBEDDED} is true without {_UNKNOWN}"
        errors.append(field.required(child(path, "properties"), why))
    return errors


def _metadata(schema: Schema, path: str, level: str) -> ErrorList:
    properties, errors = schema.get("properties") or {}, list[field.FieldError]()
    checked = level == "root" or schema.get(_EMBEDDED)
    for name in ("kind", "apiVersion"):
        if checked and name in properties and properties[name].get("type") != "string":
            at = child(key(child(path, "properties"), name), "type")
            errors.append(field.invalid(at, properties[name].get("type") or "", "must be string"))
    metadata, at = properties.get("metadata"), key(child(path, "properties"), "metadata")
    if metadata is None:
        return errors
    if checked and metadata.get("type") != "object":
        errors.append(field.invalid(child(at, "type"), metadata.get("type") or "", "must be object"))
    allowed = {"name", "generateName"}
    parts = {
        n for n, v in metadata.items() if v not in (None, "", False) and n not in ("type", "default", "description")
    }
    if level == "root" and (parts - {"properties"} or not allowed.issuperset(metadata.get("properties") or ())):
        why = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        errors.append(field.forbidden(at, why))
    return errors


def _value_validation(schema: Schema, path: str, *, top: bool, skip_any_of: bool = False) -> ErrorList:
    errors: ErrorList = []
    all_of = schema.get("allOf") or []
    skip_any_of = skip_any_of or (top and schema.get("anyOf") == _INT_OR_STRING)
    for junctor in _JUNCTORS:
        if junctor == "anyOf" and skip_any_of:
            continue
        for i, value in enumerate(schema.get(junctor) or ()):
            first = top and junctor == "allOf" and i == 0 and all_of[0].get("anyOf") == _INT_OR_STRING
            errors += _nested(value, index(child(path, junctor), i), skip_any_of=first)
    if isinstance(schema.get("not"), Mapping):
        errors += _nested(schema["not"], child(path, "not"))
    if pattern := schema.get("pattern"):
        try:
            compiled(pattern)
        except BadPattern as problem:
            why = f"must be a valid regular expression, but isn't: {problem}"
            errors.append(field.invalid(child(path, "pattern"), pattern, why))
    return errors


_FORBIDDEN_NESTED = (
    ("type", "must be empty to be structural"),
    ("additionalProperties", "must be undefined to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    ("externalDocs", "must be undefined to be structural"),
    (_UNKNOWN, "must be false to be structural"),
    (_EMBEDDED, "must be false to be structural"),
    (_EITHER, "must be false to be structural"),
    (_KEYS, "must be empty to be structural"),
    (_LIST, "must be undefined to be structural"),
    (_MAP, "must be undefined to be structural"),
    ("x-kubernetes-validations", "must be empty to be structural"),
)


def _nested(schema: Schema, path: str, *, skip_any_of: bool = False) -> ErrorList:
    errors = _value_validation(schema, path, top=False, skip_any_of=skip_any_of)
    if isinstance(schema.get("items"), Mapping):
        errors += _nested(schema["items"], child(path, "items"))
    for name, value in (schema.get("properties") or {}).items():
        errors += _nested(value, key(child(path, "properties"), name))
    for name, why in _FORBIDDEN_NESTED:
        value = schema.get(name)
        if value or (value is not None and "undefined" in why):
            errors.append(field.forbidden(child(path, name), why))
    if "metadata" in (schema.get("properties") or {}):
        at = key(child(path, "properties"), "metadata")
        errors.append(field.forbidden(at, "must not be specified in a nested context"))
    return errors


def mentions(value: Any, name: str) -> bool:
    """Whether a schema or one inside it has the keyword."""
    if isinstance(value, Mapping):
        return name in value or any(mentions(v, name) for v in value.values())
    return isinstance(value, list) and any(mentions(v, name) for v in value)
