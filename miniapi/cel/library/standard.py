"""The functions of the language: conversions, sizes, strings, times, optionals."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from miniapi.cel import types
from miniapi.cel.library.operators import checked, checked_unsigned, timestamp
from miniapi.cel.library.regex import matches
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    A,
    Overload,
    Type,
    list_of,
    map_of,
    optional_of,
    type_of,
)
from miniapi.cel.values import NANOSECONDS, NOTHING, Duration, Optional, Timestamp, dynamic_type, equal

_UNITS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000,
    "s": NANOSECONDS, "m": 60 * NANOSECONDS, "h": 3600 * NANOSECONDS,
}  # fmt: skip
_part = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_moment = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)")


def parse_duration(text: str) -> Duration:
    """time.ParseDuration. Raises ValueError."""
    body = text.lstrip("+-") if text[:1] in "+-" else text
    total, at = 0, 0
    while at < len(body):
        found = _part.match(body, at)
        if found is None:
            raise ValueError(text)
        whole, _, fraction = found[1].partition(".")
        unit = _UNITS[found[2]]
        total += int(whole or 0) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
        at = found.end()
    if not body or (at == 0 and body != "0") or total >= 2**63:
        raise ValueError(text)
    return Duration(-total if text.startswith("-") else total)


def parse_timestamp(text: str) -> Timestamp:
    """RFC 3339. Raises ValueError, and EvaluationError for what is too far away."""
    found = _moment.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(found[i]) for i in range(1, 7))
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    offset = 0 if found[8] == "Z" else int(found[8][1:3]) * 3600 + int(found[8][4:6]) * 60
    seconds = int(moment.timestamp()) - (offset if found[8][0] != "-" else -offset)
    return timestamp(seconds * NANOSECONDS + int((found[7] or "0")[:9].ljust(9, "0")))


def duration_text(value: Duration) -> str:
    """Seconds, as CEL writes a duration: `90s`, `0.5s`."""
    sign, rest = ("-" if value.nanoseconds < 0 else ""), abs(value.nanoseconds)
    seconds, fraction = divmod(rest, NANOSECONDS)
    shown = f".{fraction:09d}".rstrip("0").rstrip(".")
    return f"{sign}{seconds}{shown}s"


def timestamp_text(value: Timestamp) -> str:
    """RFC 3339 in UTC."""
    fraction = f".{value.nanoseconds % NANOSECONDS:09d}".rstrip("0").rstrip(".")
    return value.at(UTC).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def double_text(value: float) -> str:
    """strconv.FormatFloat(v, 'g', -1, 64): an exponent below -4 or above 5 is written out."""
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    sign, digits, power = Decimal(repr(value)).as_tuple()
    assert isinstance(power, int)
    text = "".join(map(str, digits)).rstrip("0") or "0"
    exponent = len(digits) - 1 + power
    if text == "0" or -5 < exponent < 6:
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    mantissa = f"{text[0]}.{text[1:]}" if len(text) > 1 else text
    return f"{'-' if sign else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _to_int(value: float) -> int:
    if math.isnan(value) or math.isinf(value):
        raise EvaluationError("integer overflow")
    return checked(int(value))


def _parsed(parse: Callable[[str], Any], of: str) -> Callable[[str], Any]:
    """What reads a text that is written as a value of the type `of`."""

    def convert(text: str) -> Any:
        try:
            return parse(text)
        except (ValueError, EvaluationError):
            raise EvaluationError(f"type conversion error from 'string' to '{of}'") from None

    return convert


def _bool(text: str) -> bool:
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise ValueError(text)


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise EvaluationError("invalid UTF-8 in bytes, cannot convert to string") from None


def _zone(name: str) -> tzinfo:
    found = re.fullmatch(r"([+-]?)(\d\d):(\d\d)", name)
    if found is not None:
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if offset >= timedelta(days=1):
            raise EvaluationError(f"unknown time zone {name}")
        return timezone(-offset if found[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise EvaluationError(f"unknown time zone {name}") from None


def _moment_part(name: str, read: Callable[[datetime], int]) -> list[Overload]:
    return [
        _method((TIMESTAMP,), INT, lambda t: read(t.at(UTC))),
        _method((TIMESTAMP, STRING), INT, lambda t, zone: read(t.at(_zone(zone)))),
    ]


def _span_part(unit: int) -> Overload:
    def read(value: Duration) -> int:
        whole = abs(value.nanoseconds) // unit
        return whole if value.nanoseconds >= 0 else -whole

    return _method((DURATION,), INT, read)


def _of(params: tuple[Type, ...], result: Type, run: Callable[..., Any], cost: str = "") -> Overload:
    return Overload(params, result, run, cost=cost)


def _method(params: tuple[Type, ...], result: Type, run: Callable[..., Any], cost: str = "") -> Overload:
    return Overload(params, result, run, method=True, cost=cost)


def _both(params: tuple[Type, ...], result: Type, run: Callable[..., Any], cost: str = "") -> tuple[Overload, ...]:
    return _of(params, result, run, cost), _method(params, result, run, cost)


def _sizes() -> tuple[Overload, ...]:
    return tuple(o for of in (STRING, BYTES, list_of(A), map_of(A, DYN)) for o in _both((of,), INT, len))


def _value(of: Optional) -> Any:
    if not of.present:
        raise EvaluationError("optional.none() dereference")
    return of.value


def _unwrapped(entries: list[Optional]) -> list[Any]:
    return [entry.value for entry in entries if entry.present]


_ZEROS: tuple[Any, ...] = (0, 0.0, "", b"", False, None, [], {}, Duration(0), Timestamp(0))


def _non_zero(value: Any) -> Optional:
    return NOTHING if any(equal(value, zero) for zero in _ZEROS) else Optional(value, True)


FUNCTIONS: types.Functions = {
    "size": _sizes(),
    "type": (_of((A,), type_of(A), dynamic_type),),
    "dyn": (_of((A,), DYN, lambda v: v),),
    "int": (
        _of((INT,), INT, lambda v: v),
        _of((UINT,), INT, lambda v: checked(int(v))),
        _of((DOUBLE,), INT, _to_int),
        _of((STRING,), INT, _parsed(lambda t: checked(int(t)), "int")),
        _of((TIMESTAMP,), INT, lambda v: v.nanoseconds // NANOSECONDS),
        _of((DURATION,), INT, lambda v: v.nanoseconds),
    ),
    "uint": (
        _of((UINT,), UINT, lambda v: v),
        _of((INT,), UINT, checked_unsigned),
        _of((DOUBLE,), UINT, lambda v: checked_unsigned(_to_int(v))),
        _of((STRING,), UINT, _parsed(lambda t: checked_unsigned(int(t)), "uint")),
    ),
    "double": (
        _of((DOUBLE,), DOUBLE, lambda v: v),
        _of((INT,), DOUBLE, float),
        _of((UINT,), DOUBLE, float),
        _of((STRING,), DOUBLE, _parsed(float, "double")),
    ),
    "string": (
        _of((STRING,), STRING, lambda v: v),
        _of((BOOL,), STRING, lambda v: "true" if v else "false"),
        _of((INT,), STRING, str),
        _of((UINT,), STRING, lambda v: str(int(v))),
        _of((DOUBLE,), STRING, double_text),
        _of((BYTES,), STRING, _decoded, "target"),
        _of((TIMESTAMP,), STRING, timestamp_text),
        _of((DURATION,), STRING, duration_text),
    ),
    "bytes": (_of((BYTES,), BYTES, lambda v: v), _of((STRING,), BYTES, lambda v: v.encode(), "target")),
    "bool": (_of((BOOL,), BOOL, lambda v: v), _of((STRING,), BOOL, _parsed(_bool, "bool"))),
    "duration": (
        _of((DURATION,), DURATION, lambda v: v),
        _of((STRING,), DURATION, _parsed(parse_duration, "google.protobuf.Duration")),
    ),
    "timestamp": (
        _of((TIMESTAMP,), TIMESTAMP, lambda v: v),
        _of((STRING,), TIMESTAMP, _parsed(parse_timestamp, "google.protobuf.Timestamp")),
        _of((INT,), TIMESTAMP, lambda v: timestamp(v * NANOSECONDS)),
    ),
    "matches": _both((STRING, STRING), BOOL, matches, "matches"),
    "contains": (_method((STRING, STRING), BOOL, lambda a, b: b in a, "contains"),),
    "startsWith": (_method((STRING, STRING), BOOL, lambda a, b: a.startswith(b), "argument"),),
    "endsWith": (_method((STRING, STRING), BOOL, lambda a, b: a.endswith(b), "argument"),),
    "getFullYear": tuple(_moment_part("year", lambda t: t.year)),
    "getMonth": tuple(_moment_part("month", lambda t: t.month - 1)),
    "getDate": tuple(_moment_part("date", lambda t: t.day)),
    "getDayOfMonth": tuple(_moment_part("day", lambda t: t.day - 1)),
    "getDayOfWeek": tuple(_moment_part("weekday", lambda t: t.isoweekday() % 7)),
    "getDayOfYear": tuple(_moment_part("yearday", lambda t: t.timetuple().tm_yday - 1)),
    "getHours": (*_moment_part("hours", lambda t: t.hour), _span_part(3600 * NANOSECONDS)),
    "getMinutes": (*_moment_part("minutes", lambda t: t.minute), _span_part(60 * NANOSECONDS)),
    "getSeconds": (*_moment_part("seconds", lambda t: t.second), _span_part(NANOSECONDS)),
    "getMilliseconds": (*_moment_part("millis", lambda t: t.microsecond // 1000), _span_part(1_000_000)),
    "optional.of": (_of((A,), optional_of(A), lambda v: Optional(v, True)),),
    "optional.ofNonZeroValue": (_of((A,), optional_of(A), _non_zero),),
    "optional.none": (_of((), optional_of(A), lambda: NOTHING),),
    "optional.unwrap": (_of((list_of(optional_of(A)),), list_of(A), _unwrapped),),
    "unwrapOpt": (_method((list_of(optional_of(A)),), list_of(A), _unwrapped),),
    "first": (_method((list_of(A),), optional_of(A), lambda v: Optional(v[0], True) if v else NOTHING),),
    "last": (_method((list_of(A),), optional_of(A), lambda v: Optional(v[-1], True) if v else NOTHING),),
    "value": (_method((optional_of(A),), A, _value),),
    "hasValue": (_method((optional_of(A),), BOOL, lambda o: o.present),),
    "or": (_method((optional_of(A), optional_of(A)), optional_of(A), lambda a, b: a if a.present else b),),
    "orValue": (_method((optional_of(A), A), A, lambda o, other: o.value if o.present else other),),
}
