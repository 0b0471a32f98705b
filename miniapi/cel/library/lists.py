"""Kubernetes' functions of lists, and cel-go's ext.Sets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from miniapi.cel import types
from miniapi.cel.library.operators import checked, checked_unsigned, duration
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    A,
    Overload,
    Type,
    list_of,
)
from miniapi.cel.values import compare, equal

COMPARABLE = (INT, UINT, DOUBLE, BOOL, DURATION, TIMESTAMP, STRING, BYTES)


def _is_sorted(entries: list[Any]) -> bool:
    return all(compare(a, b) <= 0 for a, b in pairwise(entries))


def _extreme(name: str, better: Callable[[int], bool]) -> Callable[[list[Any]], Any]:
    def find(entries: list[Any]) -> Any:
        if not entries:
            raise EvaluationError(f"{name} called on empty list")
        best = entries[0]
        for entry in entries[1:]:
            if better(compare(entry, best)):
                best = entry
        return best

    return find


def _index_of(entries: list[Any], wanted: Any) -> int:
    return next((i for i, entry in enumerate(entries) if equal(entry, wanted)), -1)


def _last_index_of(entries: list[Any], wanted: Any) -> int:
    return next((i for i in range(len(entries) - 1, -1, -1) if equal(entries[i], wanted)), -1)


def _contains(entries: list[Any], wanted: list[Any]) -> bool:
    return all(any(equal(w, e) for e in entries) for w in wanted)


def _intersects(left: list[Any], right: list[Any]) -> bool:
    return any(equal(a, b) for a in left for b in right)


def _method(of: Type, result: Type, run: Callable[..., Any], *more: Type) -> Overload:
    return Overload((list_of(of), *more), result, run, method=True, cost="elements")


def _set(run: Callable[[list[Any], list[Any]], bool]) -> tuple[Overload, ...]:
    return (Overload((list_of(A), list_of(A)), BOOL, run, cost="sets"),)


FUNCTIONS: types.Functions = {
    "isSorted": tuple(_method(t, BOOL, _is_sorted) for t in COMPARABLE),
    "sum": (
        _method(INT, INT, lambda entries: checked(sum(entries))),
        _method(UINT, UINT, lambda entries: checked_unsigned(sum(int(e) for e in entries))),
        _method(DOUBLE, DOUBLE, lambda entries: float(sum(entries))),
        _method(DURATION, DURATION, lambda entries: duration(sum((e.nanoseconds for e in entries), 0))),
    ),
    "min": tuple(_method(t, t, _extreme("min", lambda c: c < 0)) for t in COMPARABLE),
    "max": tuple(_method(t, t, _extreme("max", lambda c: c > 0)) for t in COMPARABLE),
    "indexOf": (_method(A, INT, _index_of, A),),
    "lastIndexOf": (_method(A, INT, _last_index_of, A),),
    "sets.contains": _set(_contains),
    "sets.equivalent": _set(lambda a, b: _contains(a, b) and _contains(b, a)),
    "sets.intersects": _set(_intersects),
}
