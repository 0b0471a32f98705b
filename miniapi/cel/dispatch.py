"""Which form of a function a dynamic value fits."""

from __future__ import annotations

from typing import Any

from miniapi.cel.types import Type
from miniapi.cel.values import dynamic_type


def fits(wanted: Type, value: Any) -> bool:
    """Whether a value may be given where the type is declared; elements are not looked at."""
    if wanted.kind in ("dyn", "param"):
        return True
    found = dynamic_type(value)
    if wanted.kind == "map" and found.kind == "map":
        return True
    if wanted.kind == "object":
        return found.kind == "map"
    if wanted.kind == "list" and found.kind == "list":
        return not value or fits(wanted.params[0], value[0])
    return wanted.kind == found.kind and wanted.name == found.name
