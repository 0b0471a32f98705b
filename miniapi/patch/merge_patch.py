"""JSON merge patch (RFC 7386) as the original's library applies it (github.com/evanphx/json-patch v4)."""

from __future__ import annotations

from typing import Any

from miniapi.meta.objects import Object, copy


def apply(doc: Object, patch: Object) -> Object:
    """A patched copy of `doc`; neither argument is changed or shared with the result."""
    out = dict(doc)
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = _merged(out.get(key), value)
    # What a patch touches is written with sorted keys; complaints about fields come in that order.
    return {k: out[k] if k in patch else copy(out[k]) for k in sorted(out)}


def _merged(current: Any, value: Any) -> Any:
    if isinstance(current, dict):
        return apply(current, value) if isinstance(value, dict) else copy(value)
    return _without_nulls(value)


def _without_nulls(value: Any) -> Any:
    """A copy without null members; the original drops them inside lists too, but keeps null items."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value
