"""Reads of plain paths, which complain as unstructured.Nested* does."""

from __future__ import annotations

from typing import Any

from miniapi.apiextensions.json_path import simple_path

_GO = {dict: "map[string]interface {}", list: "[]interface {}", str: "string", bool: "bool", float: "float64"}


def nested(obj: Any, path: str, wanted: type, named: str) -> tuple[Any, str]:
    """(the value at the path or None, what is wrong with what is there)."""
    steps = simple_path(path)
    value = obj
    for position, step in enumerate(steps):
        if not isinstance(value, dict):
            return None, _complaint(steps[:position], value, "map[string]interface{}")
        if step not in value:
            return None, ""
        value = value[step]
    return (value, "") if type(value) is wanted else (None, _complaint(steps, value, named))


def _complaint(steps: tuple[str, ...], value: Any, expected: str) -> str:
    found = "<nil>" if value is None else _GO.get(type(value), "int64")
    return f".{'.'.join(steps)} accessor error: {value} is of the type {found}, expected {expected}"
