"""Operators: arithmetic with overflow checks, comparison, membership, indexing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from miniapi.cel import types
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    NUMBERS,
    STRING,
    TIMESTAMP,
    UINT,
    A,
    B,
    Overload,
    Type,
    list_of,
    map_of,
    optional_of,
)
from miniapi.cel.values import NANOSECONDS, Duration, Timestamp, UInt, compare, equal, in_range

_INT_RANGE = (-(2**63), 2**63 - 1)


def checked(value: int) -> int:
    """An int64, or integer overflow."""
    if not _INT_RANGE[0] <= value <= _INT_RANGE[1]:
        raise EvaluationError("integer overflow")
    return value


def checked_unsigned(value: int) -> UInt:
    """A uint64, or unsigned integer overflow."""
    if not 0 <= value < 2**64:
        raise EvaluationError("unsigned integer overflow")
    return UInt(value)


def duration(nanoseconds: int) -> Duration:
    """An int64 of nanoseconds."""
    if not _INT_RANGE[0] <= nanoseconds <= _INT_RANGE[1]:
        raise EvaluationError("integer overflow")
    return Duration(nanoseconds)


def timestamp(nanoseconds: int) -> Timestamp:
    """Years 1 to 9999."""
    if not in_range(nanoseconds // NANOSECONDS):
        raise EvaluationError("timestamp overflow")
    return Timestamp(nanoseconds)


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise EvaluationError("division by zero")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _modulus(a: int, b: int) -> int:
    if b == 0:
        raise EvaluationError("modulus by zero")
    return int(math.fmod(a, b)) if abs(a) < 2**52 and abs(b) < 2**52 else a - b * _divide(a, b)


def _float_divide(a: float, b: float) -> float:
    if b:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)


def _of(params: tuple[Type, ...], result: Type, run: Callable[..., Any], cost: str = "") -> Overload:
    return Overload(params, result, run, cost=cost)


def _arithmetic(run: Callable[[int, int], int], floats: Callable[[float, float], float] | None) -> list[Overload]:
    out = [
        _of((INT, INT), INT, lambda a, b: checked(run(a, b))),
        _of((UINT, UINT), UINT, lambda a, b: checked_unsigned(run(int(a), int(b)))),
    ]
    if floats is not None:
        out.append(_of((DOUBLE, DOUBLE), DOUBLE, floats))
    return out


def _in_list(value: Any, entries: list[Any]) -> bool:
    return any(equal(value, entry) for entry in entries)


def _orders() -> dict[str, tuple[Overload, ...]]:
    tests: dict[str, Callable[[int], bool]] = {
        "_<_": lambda c: c < 0,
        "_<=_": lambda c: c <= 0,
        "_>_": lambda c: c > 0,
        "_>=_": lambda c: c >= 0,
    }
    pairs = [(t, t) for t in (BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION)]
    pairs += [(a, b) for a in NUMBERS for b in NUMBERS if a is not b]
    return {
        name: tuple(_of(pair, BOOL, lambda a, b, test=test: test(compare(a, b)), "compare") for pair in pairs)
        for name, test in tests.items()
    }


FUNCTIONS: types.Functions = {
    **_orders(),
    "_==_": (_of((A, A), BOOL, equal, "compare"),),
    "_!=_": (_of((A, A), BOOL, lambda a, b: not equal(a, b), "compare"),),
    "_&&_": (Overload((BOOL, BOOL), BOOL, None),),
    "_||_": (Overload((BOOL, BOOL), BOOL, None),),
    "_?_:_": (Overload((BOOL, A, A), A, None),),
    "!_": (_of((BOOL,), BOOL, lambda a: not a),),
    "-_": (_of((INT,), INT, lambda a: checked(-a)), _of((DOUBLE,), DOUBLE, lambda a: -a)),
    "_+_": (
        *_arithmetic(lambda a, b: a + b, lambda a, b: a + b),
        _of((STRING, STRING), STRING, lambda a, b: a + b, "concat"),
        _of((BYTES, BYTES), BYTES, lambda a, b: a + b, "concat"),
        _of((list_of(A), list_of(A)), list_of(A), lambda a, b: a + b, "concat"),
        _of((TIMESTAMP, DURATION), TIMESTAMP, lambda a, b: timestamp(a.nanoseconds + b.nanoseconds)),
        _of((DURATION, TIMESTAMP), TIMESTAMP, lambda a, b: timestamp(a.nanoseconds + b.nanoseconds)),
        _of((DURATION, DURATION), DURATION, lambda a, b: duration(a.nanoseconds + b.nanoseconds)),
    ),
    "_-_": (
        *_arithmetic(lambda a, b: a - b, lambda a, b: a - b),
        _of((TIMESTAMP, TIMESTAMP), DURATION, lambda a, b: duration(a.nanoseconds - b.nanoseconds)),
        _of((TIMESTAMP, DURATION), TIMESTAMP, lambda a, b: timestamp(a.nanoseconds - b.nanoseconds)),
        _of((DURATION, DURATION), DURATION, lambda a, b: duration(a.nanoseconds - b.nanoseconds)),
    ),
    "_*_": tuple(_arithmetic(lambda a, b: a * b, lambda a, b: a * b)),
    "_/_": tuple(_arithmetic(_divide, _float_divide)),
    "_%_": tuple(_arithmetic(_modulus, None)),
    "@in": (
        _of((A, list_of(A)), BOOL, _in_list, "members"),
        _of((A, map_of(A, B)), BOOL, lambda key, entries: key in entries),
    ),
    "_[_]": (
        Overload((list_of(A), INT), A, None),
        Overload((map_of(A, B), A), B, None),
        Overload((optional_of(list_of(A)), INT), optional_of(A), None),
        Overload((optional_of(map_of(A, B)), A), optional_of(B), None),
    ),
    "_[?_]": (
        Overload((list_of(A), INT), optional_of(A), None),
        Overload((map_of(A, B), A), optional_of(B), None),
        Overload((optional_of(list_of(A)), INT), optional_of(A), None),
        Overload((optional_of(map_of(A, B)), A), optional_of(B), None),
    ),
}
