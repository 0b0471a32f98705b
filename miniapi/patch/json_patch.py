"""JSON patch (RFC 6902) as the original's library applies it (github.com/evanphx/json-patch v4).

It is laxer than the RFC: `replace` and `copy` accept a missing member, list indices may be negative.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from miniapi import errors
from miniapi.meta.objects import Object, copy

MAX_OPERATIONS = 10_000
MAX_COPIED_BYTES = 3 * 1024 * 1024
"""All that `copy` operations of one patch may add."""


Operation = dict[str, Any]
Place = tuple[Any, str]
"""A dict or list, and the key or index there."""
_NO_PATH = "operation missing path field: missing value"
_NO_FROM = "operation, missing from field: missing value"
_TEXTS = ("op", "path", "from")
_FIELDS = (*_TEXTS, "value")


class Failed(Exception):
    """An operation cannot be done; the message is the library's."""


class NotMet(Failed):
    """A test is not met."""


class _BadIndex(Exception):
    """No item of a list stands there."""


def decode(operations: Any, *, strict: bool = False) -> tuple[list[dict[str, Any]], list[str]]:
    """-> (the operations of a parsed patch, complaints about unknown fields where `strict`).

    Raises 400 for what is not a list of objects, 413 for too many. Read strictly, operations are typed first,
    and errors are told in other words (handlers.jsonPatchOp).
    """
    if operations is None:
        return [], []
    mismatch = _typed_mismatch(operations) if strict else _mismatch(operations)
    if mismatch:
        raise errors.bad_request(mismatch)
    if len(operations) > MAX_OPERATIONS:
        raise errors.ApiError(
            413,
            "RequestEntityTooLarge",
            "Request entity too large: The allowed maximum operations in a JSON patch is "
            f"{MAX_OPERATIONS}, got {len(operations)}",
        )
    complaints = []
    for index, operation in enumerate(operations if strict else ()):
        complaints += [f'unknown field "[{index}].{name}"' for name in operation or () if name not in _FIELDS]
    return [operation or {} for operation in operations], complaints


def _mismatch(operations: Any) -> str:
    """How the library says that this is no patch."""
    if not isinstance(operations, list):
        return _unmarshal(operations, "value of type jsonpatch.Patch")
    for operation in operations:
        if operation is not None and not isinstance(operation, dict):
            return _unmarshal(operation, "value of type jsonpatch.Operation")
    return ""


def _typed_mismatch(operations: Any) -> str:
    """How the original's own decoder says it."""
    start = "error decoding patch: "
    if not isinstance(operations, list):
        return start + _unmarshal(operations, "value of type []handlers.jsonPatchOp")
    for operation in operations:
        if operation is not None and not isinstance(operation, dict):
            return start + _unmarshal(operation, "value of type handlers.jsonPatchOp")
        for name, value in (operation or {}).items():
            if name in _TEXTS and value is not None and not isinstance(value, str):
                return start + _unmarshal(value, f"struct field jsonPatchOp.{name} of type string")
    return ""


def _unmarshal(value: Any, into: str) -> str:
    kinds = {dict: "object", list: "array", str: "string", bool: "bool"}
    return f"json: cannot unmarshal {kinds.get(type(value), 'number')} into Go {into}"


def apply(doc: Object, operations: list[Any]) -> Object:
    """A patched copy of `doc`. Raises 422, which does not tell why, if any operation cannot be done."""
    try:
        return operate(doc, operations)
    except Failed:
        raise errors.generic(422, "Invalid", "the server rejected our request due to an error in our request") from None


def operate(doc: Object, operations: list[Any]) -> Object:
    """A patched copy of `doc`. Raises Failed, NotMet where a test is not met."""
    out: Any = copy(doc)
    copied = 0
    for operation in operations:
        op = operation.get("op")
        if op == "copy":
            copied += _copy(out, operation, MAX_COPIED_BYTES - copied)
        elif op == "replace" and operation.get("path") == "":
            out = copy(operation.get("value"))
            if not isinstance(out, (dict, list)):
                raise Failed("replace operation value must be object or array: %!w(<nil>)")
        elif isinstance(op, str) and op in _OPERATIONS:
            _OPERATIONS[op](out, operation)
        else:
            raise Failed(f"Unexpected kind: {op if isinstance(op, str) else 'unknown'}")
    result: Object = out
    return result


def _add(doc: Any, operation: Operation) -> None:
    path = _text(operation, "path", "add operation failed to decode path: missing value")
    place = _find(doc, path, f'add operation does not apply: doc is missing path: "{path}": missing value')
    _put(place, copy(operation.get("value")), f"error in add for path: '{path}': ")


def _remove(doc: Any, operation: Operation) -> None:
    path = _text(operation, "path", "remove operation failed to decode path: missing value")
    place = _find(doc, path, f'remove operation does not apply: doc is missing path: "{path}": missing value')
    _take(place, f"error in remove for path: '{path}': ")


def _replace(doc: Any, operation: Operation) -> None:
    path = _text(operation, "path", f"replace operation failed to decode path: {_NO_PATH}")
    start = "replace operation does not apply: doc is missing "
    place = _find(doc, path, f"{start}path: {path}: missing value")
    here, key = place
    value = copy(operation.get("value"))
    if isinstance(here, dict):
        here[key] = value
        return
    try:
        here[_index(here, key)] = value
    except _BadIndex:
        raise Failed(f"{start}key: {path}: missing value") from None


def _move(doc: Any, operation: Operation) -> None:
    source = _text(operation, "from", f"move operation failed to decode from: {_NO_FROM}")
    place = _find(doc, source, f"move operation does not apply: doc is missing from path: {source}: missing value")
    start = f"error in move for path: '{place[1]}': "
    moved = _get(place, start)
    _take(place, start)
    path = _text(operation, "path", f"move operation failed to decode path: {_NO_PATH}")
    missing = f"move operation does not apply: doc is missing destination path: {path}: missing value"
    _put(_find(doc, path, missing), moved, f"error in move for path: '{path}': ")


def _copy(doc: Any, operation: Operation, room: int) -> int:
    """-> by how many bytes the copy lets the document grow; there is `room` for that many."""
    source = _text(operation, "from", f"copy operation failed to decode from: {_NO_FROM}")
    place = _find(doc, source, f"copy operation does not apply: doc is missing from path: {source}: missing value")
    value = _get(place, f"error in copy for from: '{source}': ")
    path = _text(operation, "path", "copy operation failed to decode path: missing value")
    target = _find(doc, path, f"copy operation does not apply: doc is missing destination path: {path}: missing value")
    size = 0 if value is None else len(orjson.dumps(value))
    if size > room:
        grown = MAX_COPIED_BYTES - room + size
        raise Failed(
            f"Unable to complete the copy, the accumulated size increase of copy is {grown}, "
            f"exceeding the limit {MAX_COPIED_BYTES}"
        )
    _put(target, copy(value), "error while adding value during copy: ")
    return size


def _test(doc: Any, operation: Operation) -> None:
    path = _text(operation, "path", f"test operation failed to decode path: {_NO_PATH}")
    found = doc
    if path:
        place = _find(doc, path, f"test operation does not apply: is missing path: {path}: missing value")
        found = _get(place, f"error in test for path: '{path}': ")
    if not _same(found, operation.get("value")):
        raise NotMet(f"testing value {path} failed: test failed")


_OPERATIONS: Final[Mapping[str, Callable[[Any, Operation], None]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "test": _test,
}


def _text(operation: Operation, name: str, missing: str) -> str:
    text = operation.get(name)
    if not isinstance(text, str):
        raise Failed(missing)
    return text


def _same(left: Any, right: Any) -> bool:
    """Equality of the text that stands for the values: booleans are no numbers, and 1.0 is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(v, right[k]) for k, v in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and bool(left == right)


def _find(doc: Any, path: str, missing: str) -> Place:
    """The container that holds the last part of `path`, and that part."""
    parts = [_decoded(part) for part in path.split("/")]
    here = doc
    for part in parts[1:-1]:
        try:
            here = _get((here, part), "")
        except Failed:
            here = None
        if not isinstance(here, (dict, list)):
            raise Failed(missing)
    if len(parts) < 2:
        raise Failed(missing)
    return here, parts[-1]


def _decoded(part: str) -> str:
    """Both escapes in one pass, as the original's replacer does."""
    if "~" not in part:
        return part
    return "~".join(piece.replace("~1", "/") for piece in part.split("~0"))


def _index(items: list[Any], key: str, *, adding: bool = False) -> int:
    """Where `key` points; one place more than there are items is there for adding."""
    if not re.fullmatch(r"[+-]?\d+", key, re.ASCII):
        raise _BadIndex(f'strconv.Atoi: parsing "{key}": invalid syntax')
    given, limit = int(key), len(items) + adding
    index = given + limit if given < 0 else given
    if not 0 <= index < limit:
        raise _BadIndex(f"Unable to access invalid index: {given}: invalid index referenced")
    return index


def _get(place: Place, start: str) -> Any:
    here, key = place
    if isinstance(here, dict):
        return here.get(key)
    try:
        return here[_index(here, key)]
    except _BadIndex as problem:
        raise Failed(f"{start}{problem}") from None


def _put(place: Place, value: Any, start: str) -> None:
    here, key = place
    if isinstance(here, dict):
        here[key] = value
    elif key == "-":
        here.append(value)
    else:
        try:
            here.insert(_index(here, key, adding=True), value)
        except _BadIndex as problem:
            what = f"value was not a proper array index: '{key}': " if str(problem).startswith("strconv") else ""
            raise Failed(f"{start}{what}{problem}") from None


def _take(place: Place, start: str) -> None:
    here, key = place
    if isinstance(here, dict):
        if key not in here:
            raise Failed(f"{start}Unable to remove nonexistent key: {key}: missing value")
        del here[key]
        return
    try:
        del here[_index(here, key)]
    except _BadIndex as problem:
        raise Failed(f"{start}{problem}") from None
