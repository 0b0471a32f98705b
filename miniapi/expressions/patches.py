"""The types that mutations are made of: `Object{...}` and its parts, `JSONPatch{...}`, `jsonpatch.escapeKey`."""

from __future__ import annotations

from miniapi.cel.types import DYN, STRING, Field, Functions, Overload, Type, object_of

JSON_PATCH = object_of(
    "JSONPatch",
    {
        "op": Field(STRING, "op"),
        "path": Field(STRING, "path"),
        "from": Field(STRING, "from"),
        "value": Field(DYN, "value"),
    },
)
OBJECT = object_of("Object", None)


def patch_type(name: str) -> Type | None:
    """`JSONPatch`, and `Object` with any path of field names behind it."""
    if name == "JSONPatch":
        return JSON_PATCH
    if name == "Object" or name.startswith("Object."):
        return object_of(name, None)
    return None


def _escape_key(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def patch_functions() -> Functions:
    """What expressions of mutations may call besides."""
    return {"jsonpatch.escapeKey": (Overload((STRING,), STRING, _escape_key),)}
