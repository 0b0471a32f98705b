"""Checks of single values: type, length, pattern, format, range, enum (validate's typeValidator and its siblings)."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from typing import Any

from miniapi.meta.regexp import compiled
from miniapi.schema.checks import Check, Path, Problem, Problems, add, go_number, written
from miniapi.schema.formats import FORMATS, normalized, recognized

Props = Mapping[str, Any]
_Breaks = Callable[[Any, Any], bool]
"""(value, limit) -> whether the one breaks the other."""

_INT64 = 2**63
_MAX_SAFE = 2**53 - 1
"""The largest float that counts as an integer."""
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
    if value.__class__ is int and -_INT64 <= value < _INT64:
        return "integer", "int64"
    if value.__class__ is float or value.__class__ is int:
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
            or (of_type == "number" and "integer" in types and value == int(value) and abs(value) <= _MAX_SAFE)
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
    """Range of type and format, multipleOf, minimum, maximum. Integers are judged by limits without a fraction."""
    types, form = types_of(raw), format_of(raw)
    of_type = types[0] if len(types) == 1 else ""
    limits: list[tuple[str, str, float, _Breaks]] = []
    if (factor := raw.get("multipleOf")) is not None:
        limits.append(("MultipleOf", "a multiple of", factor, _no_multiple))
    if (least := raw.get("minimum")) is not None:
        above = raw.get("exclusiveMinimum", False)
        words, breaks = ("greater than", operator.le) if above else ("greater than or equal to", operator.lt)
        limits.append(("Minimum boundary", words, least, breaks))
    if (most := raw.get("maximum")) is not None:
        below = raw.get("exclusiveMaximum", False)
        words, breaks = ("less than", operator.ge) if below else ("less than or equal to", operator.gt)
        limits.append(("Maximum boundary", words, most, breaks))
    if of_type != "integer" and not limits:
        return None
    low, high = _INT_RANGES.get(form, (-_INT64, _INT64 - 1))
    kind = f"with format {form}" if form else "(default format)"

    def in_range(value: Any) -> bool:
        return of_type != "integer" or (value == int(value) and low <= value <= high and abs(value) != float(_INT64))

    def unfit(what: str, path: Path) -> Problem:
        return _out_of_range(path, f"{what} value must be of type {of_type} {kind} in")

    def check(value: Any, _old: Any, path: Path, problems: Problems) -> int:
        if value.__class__ is not int and value.__class__ is not float:
            return 0
        found: Problems = []
        if not in_range(value):
            found.append(unfit("Checked", path))
        for what, words, limit, breaks in limits:
            if not in_range(limit):
                found.append(unfit(what, path))
            elif value.__class__ is int:
                limit = int(limit)
            if breaks is _no_multiple and limit <= 0:
                where = Problem("", path, "").told().removesuffix(" in body ")
                text = f"factor MultipleOf declared for {where} must be positive: {go_number(limit)}"
                found.append(Problem("FieldValueInvalid", path, value=limit, full=text))
            elif breaks(value, limit):
                told = f"should be {words} {go_number(limit)}"
                found.append(Problem("FieldValueInvalid", path, told, value=value))
        if found:
            add(problems, found)
        return 1

    return check


def _out_of_range(path: Path, text: str) -> Problem:
    where = Problem("", path, "").told().removesuffix(" in body ")
    return Problem("FieldValueInvalid", path, whole=f"{text} {where}")


def _no_multiple(value: float, factor: float) -> bool:
    if value.__class__ is int and factor.__class__ is int:
        return value % factor != 0
    times = value * (1 / factor) if factor < 1 else value / factor
    return times != int(times)


def enum_check(raw: Props) -> Check | None:
    """None where every value is allowed."""
    allowed = raw.get("enum")
    if not allowed:
        return None
    supported = ", ".join(written(v if v.__class__ is str else written(v)) for v in allowed)

    def check(value: Any, _old: Any, path: Path, problems: Problems) -> int:
        # Go converts a number to the type of the one that is allowed.
        whole = int(value) if value.__class__ is float else value
        for entry in allowed:
            given = whole if entry.__class__ is int else value
            if entry == given and (entry.__class__ is bool) == (value.__class__ is bool) and entry is not None:
                return 0
        told = f"should be one of [{' '.join(str(v) for v in allowed)}]"
        message = f"Unsupported value: {written(value)}: supported values: {supported}"
        add(problems, [Problem("FieldValueNotSupported", path, told, message=message)])
        return 0

    return check
