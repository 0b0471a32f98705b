"""Fields, entries and elements of values (cel-go's interpreter/attributes.go, refQualify).

What is neither list nor map has no entry at all: nothing is found in it, and that is no wrong type.
"""

from __future__ import annotations

from typing import Any

from miniapi.cel.problems import EvaluationError
from miniapi.cel.values import NOTHING, Optional, no_overload, type_name

MISSING = object()


def find(target: Any, key: Any) -> Any:
    """The entry, or MISSING. EvaluationError where a list is asked for what is no index."""
    if target.__class__ is dict:
        try:
            return target.get(key, MISSING)
        except TypeError:
            raise no_overload() from None
    if target.__class__ is list:
        at = _position(key)
        return target[at] if 0 <= at < len(target) else MISSING
    get = getattr(target, "cel_field", None)
    return get(key) if get is not None else MISSING


def _position(key: Any) -> int:
    if key.__class__ is float:
        if not key.is_integer():
            raise EvaluationError(f"unsupported index value {key} in list")
        return int(key)
    if not isinstance(key, int) or key.__class__ is bool:
        raise EvaluationError(f"unsupported index type '{type_name(key)}' in list")
    return key


def entry(target: Any, key: Any) -> Any:
    """`target[key]` and `target.key`: of an optional target, an optional. EvaluationError where there is none."""
    if target.__class__ is Optional:
        return optional_entry(target, key)
    found = find(target, key)
    if found is MISSING:
        what = "index out of bounds" if target.__class__ is list else "no such key"
        shown = str(key).lower() if key.__class__ is bool else key
        raise EvaluationError(f"{what}: {shown}")
    return found


def optional_entry(target: Any, key: Any) -> Optional:
    """`target[?key]` and `target.?key`."""
    if target.__class__ is Optional:
        return optional_entry(target.value, key) if target.present else NOTHING
    found = find(target, key)
    return NOTHING if found is MISSING else Optional(found, True)


def has(target: Any, key: Any) -> bool:
    """`has(target.key)`; whatever an optional without a value is asked for, it has not."""
    if target.__class__ is Optional:
        return target.present and has(target.value, key)
    return find(target, key) is not MISSING
