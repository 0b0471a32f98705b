"""Checks of single values: type, length, pattern, format, range, enum (validate's typeValidator and its siblings)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from miniapi.meta.regexp import compiled
from miniapi.schema.checks import Check, Path, Problem, Problems, add, go_number, written
from miniapi.schema.formats import FORMATS, normalized, recognized

Props = Mapping[str, Any]

_INT_RANGES = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1)}


def types_of(raw: Props) -> tuple[str, ...]:
    """The JSON types that a node allows; empty for any."""
    if raw.get("x-kubernetes-int-or-string"):
        return ("integer", "string")
    return (raw["type"],) if raw.get("type") else ()


def format_of(raw: Props) -> str:
    """The node's format; those that the server does not know count as none."""
    form: str = raw.get("format", "")
    return form if form and recognized(raw.get("type") or "", form) else ""


def json_type(value: Any) -> tuple[str, str]:
    """(type, format) of a value as Go's decoder holds it."""
    if value.__class__ is bool:
        return "boolean", ""
    if value.__class__ is int:
        return "integer", "int64"
    if value.__class__ is float:
        return "number", "float64"
    if value.__class__ is str:
        return "string", ""
    return ("array", "") if value.__class__ is list else ("object", "")


def type_check(raw: Props) -> Check | None:
    """None where every type is allowed."""
    types, form, nullable = types_of(raw), format_of(raw), bool(raw.get("nullable"))
    if not types and not form:
        return None
    name = ",".join(types)
    numeric = "number" in types or "integer" in types

    def wrong(path: Path, expected: str, found: str) -> Problem:
        text = f"must be of type {expected}: {json.dumps(found)}"
        return Problem("FieldValueTypeInvalid", path, text, value=found)

    def check(value: Any, _old: Any, path: Path, problems: Problems) -> int:
        if value is None:
            if types and not nullable:
                add(problems, [wrong(path, name, "null")])
                return 0
            return 1
        of_type, of_format = json_type(value)
        fits = (
            of_type in types
            or (of_type == "integer" and "number" in types)
            or (of_type == "number" and "integer" in types and value.is_integer())
        )
        if form and of_type not in ("string", "array") and not fits and of_format != form:
            add(problems, [wrong(path, form, of_format)])
            return 0
        if form and not numeric and of_type in ("string", "array"):
            return 1
        if not fits:
            add(problems, [wrong(path, name, of_type)])
            return 0
        return 1

    return check


def string_check(raw: Props) -> Check | None:
    """Length, pattern, then format."""
    least, most, pattern = raw.get("minLength"), raw.get("maxLength"), raw.get("pattern", "")
    form = FORMATS.get(normalized(format_of(raw)))
    if least is None and most is None and not pattern and form is None:
        return None
    matches = compiled(pattern).search if pattern else None

    def text_problem(value: str, path: Path) -> Problem | None:
        if most is not None and len(value) > most:
            plural = "byte" if most == 1 else "bytes"
            told = f"should be at most {most} chars long"
            return Problem("FieldValueTooLong", path, told, message=f"Too long: may not be more than {most} {plural}")
        if least is not None and len(value) < least:
            return Problem("FieldValueInvalid", path, f"should be at least {least} chars long", value=value)
        if matches is not None and not matches(value):
            return Problem("FieldValueInvalid", path, f"should match '{pattern}'", value=value)
        return None

    def check(value: Any, _old: Any, path: Path, problems: Problems) -> int:
        if value.__class__ is not str:
            return 0
        problem = text_problem(value, path)
        if problem is not None:
            add(problems, [problem])
        if form is not None and not form(value):
            told = f"must be of type {raw['format']}: {json.dumps(value, ensure_ascii=False)}"
            add(problems, [Problem("FieldValueTypeInvalid", path, told, value=value)])
        return 0

    return check


def number_check(raw: Props) -> Check | None:
    """Range of type and format, multipleOf, minimum, maximum."""
    types, form = types_of(raw), format_of(raw)
    of_type = types[0] if len(types) == 1 else ""
    least, most, factor = raw.get("minimum"), raw.get("maximum"), raw.get("multipleOf")
    above, below = raw.get("exclusiveMinimum", False), raw.get("exclusiveMaximum", False)
    if of_type != "integer" and least is None and most is None and factor is None:
        return None
    low, high = _INT_RANGES.get(form, (-(2**63), 2**63 - 1))

    def in_range(value: Any) -> bool:
        return of_type != "integer" or (value == int(value) and low <= value <= high)

    def bound(value: Any, limit: Any, words: str, path: Path) -> Problem:
        told = f"should be {words} {go_number(limit)}"
        return Problem("FieldValueInvalid", path, told, value=value)

    def check(value: Any, _old: Any, path: Path, problems: Problems) -> int:
        if value.__class__ is not int and value.__class__ is not float:
            return 0
        found: Problems = []
        if not in_range(value):
            kind = f"with format {form}" if form else "(default format)"
            found.append(_out_of_range(path, f"Checked value must be of type {of_type} {kind} in"))
        if factor is not None and not _is_multiple(value, factor):
            found.append(bound(value, factor, "a multiple of", path))
        if least is not None and (value <= least if above else value < least):
            found.append(bound(value, least, "greater than" if above else "greater than or equal to", path))
        if most is not None and (value >= most if below else value > most):
            found.append(bound(value, most, "less than" if below else "less than or equal to", path))
        if found:
            add(problems, found)
        return 1

    return check


def _out_of_range(path: Path, text: str) -> Problem:
    where = Problem("", path, "").told().removesuffix(" in body ")
    return Problem("FieldValueInvalid", path, whole=f"{text} {where}")


def _is_multiple(value: float, factor: float) -> bool:
    if factor == 0:
        return True
    if value.__class__ is int and factor == int(factor):
        return value % int(factor) == 0
    times = value * (1 / factor) if factor < 1 else value / factor
    return times == int(times)


def enum_check(raw: Props) -> Check | None:
    """None where every value is allowed."""
    allowed = raw.get("enum")
    if not allowed:
        return None
    supported = ", ".join(written(v if v.__class__ is str else written(v)) for v in allowed)

    def check(value: Any, _old: Any, path: Path, problems: Problems) -> int:
        for entry in allowed:
            if entry == value and (entry.__class__ is bool) == (value.__class__ is bool) and entry is not None:
                return 0
        told = f"should be one of [{' '.join(str(v) for v in allowed)}]"
        message = f"Unsupported value: {written(value)}: supported values: {supported}"
        add(problems, [Problem("FieldValueNotSupported", path, told, message=message)])
        return 0

    return check
