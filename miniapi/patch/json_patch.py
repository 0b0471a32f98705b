"""JSON patch (RFC 6902) as the original's library applies it (github.com/evanphx/json-patch v4).

It is laxer than the RFC: `replace` and `copy` accept a missing member, list indices may be negative.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from miniapi import errors
from miniapi.meta.objects import Object, copy

MAX_OPERATIONS = 10_000
MAX_COPIED_BYTES = 3 * 1024 * 1024
"""All that `copy` operations of one patch may add."""


_TEXTS = ("op", "path", "from")
_FIELDS = (*_TEXTS, "value")


class Failed(Exception):
    """An operation cannot be done; the message is the library's."""


class NotMet(Failed):
    """A test is not met."""


class _Failed(Exception):
    """There is no such place, or nothing can be done there."""


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
        if operation.get("op") == "copy":
            value = _at(operation, "from", lambda where: _get(*where), out)
            copied += len(orjson.dumps(value))
            if copied > MAX_COPIED_BYTES:
                raise Failed(f"unable to copy, the accumulated size increase of copy is {copied}")
            _at(operation, "path", partial(_add_at, value=copy(value)), out)
        else:
            out = _do(out, operation)
    result: Object = out
    return result


def _do(doc: Any, operation: dict[str, Any]) -> Any:
    op, path = operation.get("op"), operation.get("path")
    value = copy(operation.get("value"))
    if op == "add":
        _at(operation, "path", lambda where: _add(*where, value), doc)
    elif op == "remove":
        _at(operation, "path", lambda where: _remove(*where), doc)
    elif op == "replace":
        if path == "":
            if not isinstance(value, (dict, list)):
                raise Failed("replace operation hit index out of bounds: invalid index referenced")
            return value
        _at(operation, "path", lambda where: _replace(*where, value), doc)
    elif op == "move":
        moved = _at(operation, "from", lambda where: _get(*where), doc)
        _at(operation, "from", lambda where: _remove(*where), doc)
        _at(operation, "path", lambda where: _add(*where, moved), doc)
    elif op == "test":
        found = doc if path == "" else _at(operation, "path", lambda where: _get(*where), doc)
        if not _same(found, value):
            raise NotMet(f"testing value {path} failed: test failed")
    else:
        raise Failed(f"Unexpected kind: {op}")
    return doc


def _at(operation: dict[str, Any], end: str, act: Callable[[tuple[Any, str]], Any], doc: Any) -> Any:
    """What `act` makes of the place that the operation's `path` or `from` names. Failed in the library's words."""
    op, path = operation.get("op"), operation.get(end)
    if path is None and end == "from":
        raise Failed(f"{op} operation failed to decode from: operation, missing from field: missing value")
    try:
        where = _find(doc, path)
    except _Failed:
        what = "from path" if end == "from" else "path"
        shown = f'"{path}"' if op in ("add", "remove") else path
        raise Failed(f"{op} operation does not apply: doc is missing {what}: {shown}: missing value") from None
    try:
        return act(where)
    except _Failed as problem:
        raise Failed(f"error in {op} for path: '{path}': {problem}") from None


def _same(left: Any, right: Any) -> bool:
    """Equality of the text that stands for the values: booleans are no numbers, and 1.0 is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(v, right[k]) for k, v in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and bool(left == right)


def _find(doc: Any, path: Any) -> tuple[Any, str]:
    """The container that holds the last part of `path`, and that part."""
    if not isinstance(path, str):
        raise _Failed
    parts = path.split("/")
    if len(parts) < 2:
        raise _Failed
    here = doc
    for part in parts[1:-1]:
        here = _get(here, _decoded(part))
        if not isinstance(here, (dict, list)):
            raise _Failed
    return here, _decoded(parts[-1])


def _decoded(part: str) -> str:
    """Both escapes in one pass, as the original's replacer does."""
    if "~" not in part:
        return part
    return "~".join(piece.replace("~1", "/") for piece in part.split("~0"))


def _index(items: list[Any], key: str, limit: int) -> int:
    try:
        index = int(key) if key.strip() == key and "_" not in key else limit
    except ValueError:
        raise _Failed(f'strconv.Atoi: parsing "{key}": invalid syntax') from None
    if index < 0:
        index += limit
    if not 0 <= index < limit:
        raise _Failed(f"Unable to access invalid index: {key}: invalid index referenced")
    return index


def _get(here: Any, key: str) -> Any:
    if isinstance(here, dict):
        return here.get(key)
    return here[_index(here, key, len(here))]


def _add(here: Any, key: str, value: Any) -> None:
    if isinstance(here, dict):
        here[key] = value
    elif key == "-":
        here.append(value)
    else:
        here.insert(_index(here, key, len(here) + 1), value)


def _add_at(where: tuple[Any, str], value: Any) -> None:
    _add(*where, value)


def _replace(here: Any, key: str, value: Any) -> None:
    if isinstance(here, dict):
        here[key] = value
    else:
        here[_index(here, key, len(here))] = value


def _remove(here: Any, key: str) -> None:
    if isinstance(here, dict):
        if key not in here:
            raise _Failed(f"Unable to remove nonexistent key: {key}: missing value")
        del here[key]
    else:
        del here[_index(here, key, len(here))]
