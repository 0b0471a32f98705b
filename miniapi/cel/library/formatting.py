"""`"...".format([...])` as cel-go's ext.Strings has it up to version 3 (ext/formatting.go)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from miniapi.cel.library.standard import double_text, duration_text, timestamp_text
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import Type
from miniapi.cel.values import Duration, Timestamp, UInt, dynamic_type

_PRECISION = 6
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_QUOTED = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    "\\": "\\\\", '"': '\\"',
}  # fmt: skip
_ENTRIES = "maps, lists, types, durations, and timestamps"
CLAUSES: dict[str, tuple[tuple[str, ...], str]] = {
    "s": (
        ("list", "map", "int", "uint", "double", "bool", "string", "timestamp", "bytes", "duration", "type", "null"),
        f"string clause can only be used on strings, bools, bytes, ints, doubles, {_ENTRIES}, was given ",
    ),
    "d": (("int", "uint"), "decimal clause can only be used on integers, was given "),
    "f": (("double", "string"), "fixed-point clause can only be used on doubles, was given "),
    "e": (("double", "string"), "scientific clause can only be used on doubles, was given "),
    "b": (("int", "uint", "bool"), "only integers and bools can be formatted as binary, was given "),
    "x": (
        ("int", "uint", "string", "bytes"),
        "only integers, byte buffers, and strings can be formatted as hex, was given ",
    ),
    "o": (("int", "uint"), "octal clause can only be used on integers, was given "),
}
"""By letter: the kinds of types that it takes, and what is said of others."""

Write = Callable[[str, int, Any], str]
"""(clause, precision, argument) -> its text. Unfit where the clause does not take it."""


class Unfit(Exception):
    """A clause cannot write its argument."""


def quote(text: str) -> str:
    """A string in double quotes."""
    return '"' + "".join(_QUOTED.get(c, c) for c in text) + '"'


def go_name(of: Type) -> str:
    """A type by the name that it has at run time."""
    known = {"null": "null_type", "timestamp": "google.protobuf.Timestamp", "duration": "google.protobuf.Duration"}
    return known.get(of.kind) or of.name or of.kind


def render(template: str, argument: Callable[[int], Any], count: int, write: Write) -> tuple[str, int]:
    """The text and how many arguments it took. EvaluationError in cel-go's words."""
    out: list[str] = []
    at = used = 0
    while (percent := template.find("%", at)) >= 0:
        out.append(template[at:percent])
        if template.startswith("%%", percent):
            out.append("%")
            at = percent + 2
            continue
        if percent + 1 >= len(template) and used < count:
            raise EvaluationError("unexpected end of string")
        if used >= count:
            raise EvaluationError(f"index {used} out of range")
        clause, precision, at = _clause(template, percent + 1)
        try:
            out.append(write(clause, precision, argument(used)))
        except Unfit as problem:
            raise EvaluationError(f"error during formatting: {problem}") from None
        used += 1
    return "".join((*out, template[at:])), used


def _clause(template: str, at: int) -> tuple[str, int, int]:
    """(letter, precision, where it ends)."""
    start, precision = "could not parse formatting clause: ", _PRECISION
    if template[at] == ".":
        end = at + 1
        while end < len(template) and "0" <= template[end] <= "9":
            end += 1
        digits = template[at + 1 : end]
        start_of_precision = f"{start}error while parsing precision: "
        if end >= len(template):
            raise EvaluationError(f"{start_of_precision}could not find end of precision specifier")
        if not digits:
            why = 'error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax'
            raise EvaluationError(start_of_precision + why)
        precision, at = int(digits), end
    letter = template[at]
    if letter not in CLAUSES and letter != "X":
        raise EvaluationError(f'{start}unrecognized formatting clause "{letter}"')
    return letter, precision, at + 1


def formatted(template: str, args: list[Any]) -> str:
    """template.format(args)."""
    return render(template, args.__getitem__, len(args), written)[0]


def written(clause: str, precision: int, value: Any) -> str:
    """A `Write` of values."""
    of = dynamic_type(value)
    kinds, complaint = CLAUSES[clause.lower() if clause == "X" else clause]
    named = isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity")
    if of.kind not in kinds or (clause in "fe" and named):
        raise Unfit(complaint + go_name(of))
    if clause == "s":
        return shown(value)
    if clause in "fe":
        return _decimal(float(value), precision, scientific=clause == "e")
    if clause in "xX":
        raw = value.encode() if isinstance(value, str) else value
        return (raw.hex() if isinstance(raw, bytes) else f"{int(raw):x}").translate(_upper(clause))
    return format(int(value), clause)


def _upper(clause: str) -> dict[int, int]:
    return str.maketrans("abcdef", "ABCDEF") if clause == "X" else {}


def _decimal(value: float, precision: int, *, scientific: bool) -> str:
    """As golang.org/x/text/message prints numbers in English: digits in groups, powers of ten."""
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    if not scientific:
        return f"{value:,.{precision}f}"
    mantissa, _, exponent = f"{value:.{precision}e}".partition("e")
    return f"{mantissa}\u202f×\u202f10{exponent.removeprefix('+').translate(_SUPERSCRIPTS)}"


def shown(value: Any) -> str:
    """A value as `%s` writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, (int, UInt)):
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Duration):
        return duration_text(value)
    if isinstance(value, Timestamp):
        return timestamp_text(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_inner, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{_inner(k)}:{_inner(v)}" for k, v in value.items())) + "}"
    return go_name(value) if isinstance(value, Type) else str(value)


def _inner(value: Any) -> str:
    """A value within a list or a map, as an expression would have it."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bytes):
        return "b" + quote(shown(value))
    if isinstance(value, Timestamp):
        return f"timestamp({quote(timestamp_text(value))})"
    if isinstance(value, Duration):
        return f"duration({quote(duration_text(value))})"
    if isinstance(value, float):
        return f"{value:.{_PRECISION}f}" if math.isfinite(value) else quote(double_text(value))
    of = dynamic_type(value)
    if of.kind not in CLAUSES["s"][0]:
        raise Unfit(f"no formatting function for {go_name(of)}")
    return shown(value)
