"""The schema of a CustomResourceDefinition: OpenAPI v3 as far as it goes, and structural.

Follows apiextensions/validation (ValidateCustomResourceDefinitionOpenAPISchema) and
apiserver/schema (ValidateStructural). Values of defaults and rules in CEL are checked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from miniapi.meta.regexp import BadPattern, compiled
from miniapi.validation import field
from miniapi.validation.field import ErrorList, child, index, key
from miniapi.validation.internal_schema import internal_schema

Schema = Mapping[str, Any]
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_UNSUPPORTED = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
_CONVERTIBLE = ("id", "$schema", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions")
_OF_EVERY_OBJECT = ("metadata", "kind", "apiVersion")
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
_LIST_TYPES = ("atomic", "set", "map")
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


class _Place(NamedTuple):
    """Where in the tree a node is."""

    root: bool = False
    metadata: bool = False
    """Inside the type or metadata of an object."""
    no_default: str = ""
    """Why there may be no default."""


def openapi(schema: Schema, path: str, place: _Place = _Place(root=True)) -> ErrorList:  # noqa: B008
    """Rules of every schema node by itself, whole tree."""
    errors = _supported(schema, path, place)
    if schema.get("uniqueItems"):
        why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        errors.append(field.forbidden(child(path, "uniqueItems"), why))
    extra = schema.get("additionalProperties")
    if schema.get("properties") and (extra is False or isinstance(extra, Mapping)):
        why = "additionalProperties and properties are mutual exclusive"
        errors.append(field.forbidden(child(path, "additionalProperties"), why))
    errors += [e for value, at in _children(schema, path) for e in openapi(value, at, _below(schema, path, at, place))]
    if schema.get(_UNKNOWN) is False:
        errors.append(field.invalid(child(path, _UNKNOWN), False, "must be true or undefined"))
    return errors + _list_type(schema, path)


def _below(schema: Schema, path: str, at: str, place: _Place) -> _Place:
    """The place of the child at `at`."""
    if place.metadata and at == child(path, "additionalProperties"):
        return place._replace(root=False, no_default="inside additionalProperties applying to object metadata")
    for name in _OF_EVERY_OBJECT if place.root or schema.get(_EMBEDDED) else ():
        if at == key(child(path, "properties"), name):
            return _Place(metadata=True, no_default=f"in top-level {name}" if place.root else place.no_default)
    return place._replace(root=False)


def _supported(schema: Schema, path: str, place: _Place) -> ErrorList:
    errors: ErrorList = []
    kind = schema.get("type") or ""
    if kind and kind not in _TYPES:
        errors.append(field.not_supported(child(path, "type"), kind, _TYPES))
    if place.no_default and schema.get("default") is not None:
        errors.append(field.forbidden(child(path, "default"), f"must not be set {place.no_default}"))
    errors += [field.forbidden(child(path, n), f"{n} is not supported") for n in _UNSUPPORTED if schema.get(n)]
    if kind == "null":
        why = "type cannot be set to null, use nullable as an alternative"
        errors.append(field.forbidden(child(path, "type"), why))
    if isinstance(schema.get("items"), list) and schema["items"]:
        errors.append(field.forbidden(child(path, "items"), "items must be a schema object and not an array"))
    if place.metadata and schema.get(_EMBEDDED):
        errors.append(field.forbidden(child(path, _EMBEDDED), "must not be used inside of resource meta"))
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
        if not wrong and list_type == "set" and isinstance(schema.get("items"), Mapping):
            errors += _set_items(schema["items"], child(path, "items"))
        if list_type not in _LIST_TYPES:
            errors.append(field.not_supported(child(path, _LIST), list_type, _LIST_TYPES))
    if keys and list_type != "map":
        why, at = f"must be map if {_KEYS} is non-empty", child(path, _LIST)
        errors.append(field.required(at, why) if list_type is None else field.invalid(at, list_type, why))
    if list_type == "map":
        errors += _map_list(schema, path, keys)
    if list_type in ("set", "map") and isinstance(schema.get("items"), Mapping):
        errors += _list_items(schema["items"], child(path, "items"), list_type, keys if list_type == "map" else [])
    return errors


def _set_items(items: Schema, path: str) -> ErrorList:
    errors: ErrorList = []
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
    if items is None:
        return [*errors, field.required(at, f"must have a schema if {_LIST} is map")]
    if not isinstance(items, Mapping):
        shown = {"Schema": None, "JSONSchemas": [internal_schema(item) for item in items]}
        return [*errors, field.invalid(at, shown, f"must only have a single schema if {_LIST} is map")]
    if items.get("type") != "object":
        why = f"must be object if parent array's {_LIST} is map"
        return [*errors, field.invalid(child(at, "type"), items.get("type") or "", why)]
    properties = items.get("properties") or {}
    for i, name in enumerate(keys):
        where = child(key(child(at, "properties"), name), "type")
        if name not in properties:
            errors.append(field.invalid(child(path, _KEYS), keys, "entries must all be names of item properties"))
        elif properties[name].get("type") in ("array", "object"):
            why = f"must be a scalar type if parent array's {_LIST} is map"
            errors.append(field.invalid(where, items["type"], why))
        if name in keys[:i]:
            errors.append(field.invalid(child(path, _KEYS), keys, "must not contain duplicate entries"))
    return errors


def _list_items(items: Schema, path: str, list_type: str, keys: list[str]) -> ErrorList:
    """What a set's or map's items may be; `keys`: of a map."""
    errors: ErrorList = []
    if items.get("nullable"):
        errors.append(field.forbidden(child(path, "nullable"), f"cannot be nullable when {_LIST} is {list_type}"))
    properties, needed = items.get("properties") or {}, items.get("required") or ()
    for name in keys:
        where = key(child(path, "properties"), name)
        if name not in properties:
            continue
        if properties[name].get("default") is None and name not in needed:
            why = f"this property is in {_KEYS}, so it must have a default or be a required property"
            errors.append(field.required(child(where, "default"), why))
        if properties[name].get("nullable"):
            why = f"this property is in {_KEYS}, so it cannot be nullable"
            errors.append(field.forbidden(child(where, "nullable"), why))
    return errors


# --- what makes it structural ---


def unconvertible(schema: Schema) -> str:
    """Why the original can make no structural schema of it (NewStructural), or nothing."""
    for name in _CONVERTIBLE:
        if schema.get(name):
            return f"OpenAPIV3Schema '{name.removeprefix('$') if name == '$schema' else name}' is not supported"
    if schema.get(_UNKNOWN) is False:
        return f"internal error: '{_UNKNOWN}' must be true or undefined"
    if isinstance(schema.get("items"), list) and schema["items"]:
        return "OpenAPIV3Schema 'items' must be a schema, but is an array"
    return next((why for value, _ in _children(schema, "") if (why := unconvertible(value))), "")


def structural(schema: Schema, path: str) -> ErrorList:
    """ValidateStructural: sorted by their text, since properties have no order."""
    return sorted(_invariants(schema, path, "root"), key=lambda e: f"{e.path}: {e.message}")


def _invariants(schema: Schema, path: str, level: str) -> ErrorList:
    errors: ErrorList = []
    kind, items, extra = schema.get("type") or "", schema.get("items"), schema.get("additionalProperties")
    if kind == "array" and not isinstance(items, Mapping):
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
        n for n, v in metadata.items() if v is not None and v is not False and v != "" and n not in ("type", "default")
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
        if value or (value is not None and value is not False and "undefined" in why):
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
