"""Tables of custom objects: the name, then the columns that the definition names
(apiextensions-apiserver/pkg/registry/customresource/tableconvertor).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from miniapi.apiextensions.json_path import compile_path
from miniapi.clock import Clock
from miniapi.endpoints.table import Printer
from miniapi.kinds.printers.cells import UNKNOWN, human_duration, parse_time
from miniapi.meta.objects import Object
from miniapi.schema.checks import go_number

NAME = {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}
AGE = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
_NO_VALUE = "<no value>"
_INVALID = "<invalid>"


def printer(columns: Sequence[Mapping[str, Any]], clock: Clock) -> Printer:
    """The printer of one version; without columns of its own it shows the age."""
    chosen = columns or (AGE,)
    cells = [_cell(c.get("type", ""), c.get("jsonPath", "")) for c in chosen]

    def row(obj: Object, now: datetime) -> list[Any]:
        return [obj["metadata"].get("name", ""), *(cell(obj, now) for cell in cells)]

    return Printer([NAME, *(_header(c) for c in chosen)], row, clock)


def _header(column: Mapping[str, Any]) -> Object:
    path = column.get("jsonPath", "")
    return {
        "name": column.get("name", ""),
        "type": column.get("type", ""),
        "format": column.get("format", ""),
        "description": column.get("description") or f"Custom resource definition column (in JSONPath format): {path}",
        "priority": column.get("priority", 0),
    }


def _cell(of_type: str, path: str) -> Callable[[Object, datetime], Any]:
    try:
        find = compile_path(path)
    except ValueError:
        return lambda _obj, _now: None

    def cell(obj: Object, now: datetime) -> Any:
        found = find(obj)
        if not found:
            return None
        return _text(found[0]) if of_type == "string" else _typed(of_type, found[0], now)

    return cell


def _shortest(value: float) -> float:
    """As Go writes a float64: `5.0` is 5."""
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def _typed(of_type: str, value: Any, now: datetime) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if of_type == "integer":
        return int(value) if number else None
    if of_type == "number":
        return _shortest(float(value)) if number else None
    if of_type == "boolean":
        return value if isinstance(value, bool) else None
    if of_type == "date" and isinstance(value, str):
        return _age(value, now)
    return None


def _age(text: str, now: datetime) -> str:
    if text in ("", "null"):
        return UNKNOWN
    try:
        then = parse_time(text)
    except ValueError:
        return _INVALID
    return human_duration((now - then).total_seconds())


def _text(value: Any) -> str:
    """As Go's template prints it: scalars plainly, the rest as JSON with sorted keys."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return go_number(value)
    if isinstance(value, int):
        return str(value)
    return _NO_VALUE if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
