"""Strategic merge patch: maps merge by field, lists by merge key, with the `$` directives.

After k8s.io/apimachinery/pkg/util/strategicpatch (StrategicMergeMapPatch). What a field's values do when
patched comes from the schema (`merge_key`, `merge_strategy`).
"""

from __future__ import annotations

from typing import Any

from miniapi import errors
from miniapi.meta.objects import Object, copy
from miniapi.patch import element_order
from miniapi.patch.element_order import bad_type, element_kind, find, no_merge_key
from miniapi.patch.go_format import plain, quote, text
from miniapi.schema.model import Schema

DIRECTIVE = "$patch"
RETAIN_KEYS = "$retainKeys"
DELETE_FROM = "$deleteFromPrimitiveList"
SET_ORDER = "$setElementOrder"


def apply(doc: Object, patch: Object, schema: Schema | None) -> Object:
    """A patched copy of `doc`, not yet typed; directives vanish from `patch` as they are carried out.

    Raises 400, 422 or 500 as the original answers.
    """
    if schema is None:
        raise errors.server_error("strategic merge patch needs a schema")
    return _merge_map(copy(doc), patch, schema)


def _merge_map(original: Object | None, patch: Object, schema: Schema | None) -> Object:
    if DIRECTIVE in patch:
        return _whole_map(patch)
    original = {} if original is None else original
    _retain_keys(original, patch)
    _order_lists(original, patch, schema)
    for key, value in patch.items():
        deleting = key.startswith(DELETE_FROM)
        if deleting:
            key = _bare(key, DELETE_FROM, "invalid patch format of primitive list")
        if value is None:
            original.pop(key, None)
            continue
        current = original.get(key)
        if current is None or type(current) is not type(value):
            if not deleting:
                _set_fresh(original, key, value)
            continue
        if isinstance(value, dict):
            field = _field(schema, key)
            replace = field is not None and "replace" in field.merge_strategy
            original[key] = value if replace else _merge_map(current, value, field)
        elif isinstance(value, list):
            original[key] = _merge_field(current, value, _field(schema, key), deleting)
        else:
            original[key] = value
    return original


def _whole_map(patch: Object) -> Object:
    directive = patch[DIRECTIVE]
    if directive == "replace":
        del patch[DIRECTIVE]
        return patch
    if directive == "delete":
        return {}
    raise errors.server_error(f"unknown patch type: {text(directive)} in map: {plain(patch)}")


_NOTHING = object()


def _fresh(value: Any) -> Any:
    """A value where there was none: nulls and maps with `$patch` say what to do with what is not there.

    _NOTHING for such a map itself.
    """
    if isinstance(value, dict):
        if DIRECTIVE in value:
            return _NOTHING
        members = ((k, _fresh(v)) for k, v in value.items() if v is not None)
        return {k: v for k, v in members if v is not _NOTHING}
    if isinstance(value, list):
        return [v for v in map(_fresh, value) if v is not _NOTHING]
    return value


def _set_fresh(original: Object, key: str, value: Any) -> None:
    fresh = _fresh(value)
    if fresh is _NOTHING:
        original.pop(key, None)
    else:
        original[key] = fresh


def _retain_keys(original: Object, patch: Object) -> None:
    """`$retainKeys`: fields that it does not list are cleared."""
    if RETAIN_KEYS not in patch:
        return
    keep = patch.pop(RETAIN_KEYS)
    if not isinstance(keep, list):
        raise errors.bad_request("invalid patch format of retainKeys")
    for key, value in patch.items():
        if value is not None and not key.startswith((DELETE_FROM, SET_ORDER)) and key not in keep:
            raise errors.bad_request("invalid patch format of retainKeys")
    for key in [key for key in original if key not in keep]:
        del original[key]


def _order_lists(original: Object, patch: Object, schema: Schema | None) -> None:
    """`$setElementOrder/FIELD`: merges the field's list and brings it in this order."""
    for key in [key for key in patch if key.startswith(SET_ORDER)]:
        order = patch.pop(key)
        if not isinstance(order, list):
            raise bad_type("[]interface {}", order)
        name = _bare(key, SET_ORDER, "invalid patch format of setElementOrder list")
        live, ours = original.get(name), patch.get(name)
        for items in (live, ours):
            if items is not None and not isinstance(items, list):
                raise bad_type("[]interface {}", items)
        field = _field(schema, name)
        merge_key = field.merge_key if field is not None else ""
        element_order.check(ours or [], order, merge_key)
        if live is None and ours is None:
            continue
        if live is None:
            merged = ours
        elif ours is None:
            merged = live
        else:
            merged = _merge_field(list(live), ours, field, False)
        assert merged is not None
        mapped = element_kind(live or [], ours or []) is dict
        original[name] = element_order.arrange(merged, order, live or [], merge_key, mapped)
        patch.pop(name, None)


def _bare(key: str, prefix: str, problem: str) -> str:
    """FIELD of `PREFIX/FIELD`."""
    head, slash, name = key.partition("/")
    if not slash or head != prefix:
        raise errors.bad_request(problem)
    return name


def _field(schema: Schema | None, key: str) -> Schema | None:
    """The schema of one field, None below what is not described."""
    if schema is None or (schema.type == "any" and schema.format != "raw"):
        return None
    if schema.type == "array" and schema.items is not None:
        schema = schema.items
    field = schema.fields.get(key)
    if field is not None:
        return field.schema
    if schema.type == "map" or schema.values is not None:
        return schema.values
    struct = (schema.name or schema.go_type).rpartition(".")[2]
    raise errors.server_error(f"unable to find api field in struct {struct} for the json field {quote(key)}")


def _merge_field(original: list[Any], patch: list[Any], field: Schema | None, deleting: bool) -> list[Any]:
    """Two lists of one field, by its patch strategy."""
    if field is None or "merge" not in field.merge_strategy:
        return patch
    return _merge_list(original, patch, field.items, field.merge_key, deleting)


def _merge_list(
    original: list[Any], patch: list[Any], item: Schema | None, merge_key: str, deleting: bool
) -> list[Any]:
    if not original and not patch:
        return original
    mapped = element_kind(original, patch) is dict
    live = list(original)
    if not mapped:
        if deleting:
            return [v for v in original if v not in patch]
        merged = element_order.unique([*original, *patch])
    else:
        if not merge_key:
            raise errors.server_error("cannot merge lists without merge key for type struct")
        live, patch = _directives(live, patch, merge_key)
        merged = list(live)
        for entry in patch:
            if merge_key not in entry:
                raise no_merge_key(entry, merge_key)
            index = find(merged, merge_key, entry[merge_key])
            if index is None:
                # A key that is null is one, too.
                merged.append({merge_key: entry[merge_key], **_fresh(entry)})
            else:
                merged[index] = _merge_map(merged[index], entry, item)
    return element_order.arrange(merged, patch, live, merge_key, mapped)


def _directives(original: list[Any], patch: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    """Carries out the items with `$patch`; (what is left of the original, the other items)."""
    rest = []
    replace = False
    for entry in patch:
        directive = entry.get(DIRECTIVE)
        if DIRECTIVE not in entry:
            rest.append(entry)
        elif directive == "delete":
            if merge_key not in entry:
                raise no_merge_key(entry, merge_key)
            while (index := find(original, merge_key, entry[merge_key])) is not None:
                del original[index]
        elif directive == "replace":
            replace = True
        elif directive == "merge":
            raise errors.server_error("merging lists cannot yet be specified in the patch")
        else:
            raise errors.server_error(f"unknown patch type: {text(directive)} in map: {plain(entry)}")
    return (rest, []) if replace else (original, rest)
