"""Values that JSON has not: unsigned numbers, times, optionals, types; and what all values share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, NULL, STRING, TIMESTAMP, UINT, Type

NANOSECONDS = 1_000_000_000
_MIN_SECONDS, _MAX_SECONDS = -62135596800, 253402300799


class UInt(int):
    """An unsigned 64-bit number."""

    __slots__ = ()


@dataclass(slots=True, frozen=True, order=True)
class Duration:
    """A span in nanoseconds."""

    nanoseconds: int


@dataclass(slots=True, frozen=True, order=True)
class Timestamp:
    """A moment in nanoseconds since 1970."""

    nanoseconds: int

    def at(self, zone: tzinfo) -> datetime:
        """In a time zone, to the microsecond."""
        seconds, rest = divmod(self.nanoseconds, NANOSECONDS)
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=rest // 1000)).astimezone(
            zone
        )


@dataclass(slots=True, frozen=True)
class Optional:
    """A value or none."""

    value: Any = None
    present: bool = False


NOTHING = Optional()


class Instance(dict[str, Any]):
    """What an object literal makes whose type has any fields: the fields given, and the type's name."""

    __slots__ = ("cel_type",)

    def __init__(self, cel_type: Type, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.cel_type = cel_type


def in_range(seconds: int) -> bool:
    """Whether a timestamp may have these seconds: years 1 to 9999."""
    return _MIN_SECONDS <= seconds <= _MAX_SECONDS


_TYPES: dict[type, Type] = {
    bool: BOOL,
    int: INT,
    UInt: UINT,
    float: DOUBLE,
    str: STRING,
    bytes: BYTES,
    type(None): NULL,
    Duration: DURATION,
    Timestamp: TIMESTAMP,
    list: Type("list", (DYN,)),
    dict: Type("map", (DYN, DYN)),
    Optional: Type("optional_type", (DYN,)),
}


def type_name(value: Any) -> str:
    """`int`, `list`, `null_type`, ...: as type errors say it."""
    found = dynamic_type(value)
    return "null_type" if found.kind == "null" else found.name or found.kind


def dynamic_type(value: Any) -> Type:
    """type(value)."""
    found = _TYPES.get(value.__class__)
    if found is not None:
        return found
    if isinstance(value, Type):
        return Type("type", (value,))
    own: Type | None = getattr(value, "cel_type", None)
    return own if own is not None else DYN


def equal(left: Any, right: Any) -> bool:
    """`==`: numbers by value, all else by type and value."""
    a, b = left.__class__, right.__class__
    if a is b:
        if a is list:
            return len(left) == len(right) and all(map(equal, left, right))
        if a is dict:
            return len(left) == len(right) and all(k in right and equal(v, right[k]) for k, v in left.items())
        if a is Optional:
            return bool(left.present == right.present and equal(left.value, right.value))
        return bool(left == right)
    if a is bool or b is bool:
        return False
    return isinstance(left, (int, float)) and isinstance(right, (int, float)) and left == right


def compare(left: Any, right: Any) -> int:
    """-1, 0 or 1."""
    try:
        return int(left > right) - int(left < right)
    except TypeError:
        raise no_overload() from None


def no_overload() -> EvaluationError:
    """A call whose arguments fit no form of the function."""
    return EvaluationError("no such overload")
