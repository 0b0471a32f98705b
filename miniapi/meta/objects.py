"""An object is a plain JSON-shaped dict; here is what every object has."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def metadata(obj: Object) -> Object:
    """The object's metadata, made if missing."""
    meta: Object | None = obj.get("metadata")
    if meta is None:
        meta = obj["metadata"] = {}
    return meta


def name_of(obj: Object) -> str:
    """metadata.name or the empty string."""
    return (obj.get("metadata") or {}).get("name") or ""


def labels_of(obj: Object) -> dict[str, str]:
    """metadata.labels or an empty dict (not attached to the object)."""
    return (obj.get("metadata") or {}).get("labels") or {}


def copy(value: Any) -> Any:
    """Deep copy of a JSON-shaped value; an object that keeps its text (`raw.RawObject`) never changes, and stays."""
    if value.__class__ is dict:
        return {k: copy(v) if isinstance(v, (dict, list)) else v for k, v in value.items()}
    if isinstance(value, list):
        return [copy(v) if isinstance(v, (dict, list)) else v for v in value]
    return value
