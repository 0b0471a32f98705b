"""cel-go's ext.Lists, version 3: slices, flat lists, ranges, order, duplicates."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from miniapi.cel import types
from miniapi.cel.library.lists import COMPARABLE
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import DYN, INT, A, Overload, list_of
from miniapi.cel.values import compare, equal, type_name


def _slice(entries: list[Any], start: int, end: int) -> list[Any]:
    if start < 0 or end < 0:
        raise EvaluationError(f"cannot slice({start}, {end}), negative indexes not supported")
    if start > end:
        raise EvaluationError(f"cannot slice({start}, {end}), start index must be less than or equal to end index")
    if end > len(entries):
        raise EvaluationError(f"cannot slice({start}, {end}), list is length {len(entries)}")
    return entries[start:end]


def _flatten(entries: list[Any], depth: int = 1) -> list[Any]:
    if depth < 0:
        raise EvaluationError("level must be non-negative")
    out: list[Any] = []
    for entry in entries:
        if depth and entry.__class__ is list:
            out += _flatten(entry, depth - 1)
        else:
            out.append(entry)
    return out


def _distinct(entries: list[Any]) -> list[Any]:
    out: list[Any] = []
    for entry in entries:
        if not any(equal(entry, kept) for kept in out):
            out.append(entry)
    return out


def _sorted_by(entries: list[Any], keys: list[Any]) -> list[Any]:
    if len({type_name(key) for key in keys}) > 1:
        raise EvaluationError("list elements must have the same type")

    def by_key(one: tuple[Any, Any], other: tuple[Any, Any]) -> int:
        return compare(one[0], other[0])

    return [entry for _, entry in sorted(zip(keys, entries, strict=True), key=cmp_to_key(by_key))]


FUNCTIONS: types.Functions = {
    "slice": (Overload((list_of(A), INT, INT), list_of(A), _slice, method=True, cost="slice"),),
    "flatten": (
        Overload((list_of(list_of(A)),), list_of(A), _flatten, method=True, cost="flatten"),
        Overload((list_of(DYN), INT), list_of(DYN), _flatten, method=True, cost="flatten"),
    ),
    "lists.range": (Overload((INT,), list_of(INT), lambda n: list(range(n)), cost="range"),),
    "reverse": (Overload((list_of(A),), list_of(A), lambda entries: entries[::-1], method=True, cost="copied"),),
    "distinct": (Overload((list_of(A),), list_of(A), _distinct, method=True, cost="compared with itself"),),
    "sort": tuple(
        Overload((list_of(t),), list_of(t), lambda e: _sorted_by(e, e), method=True, cost="compared with itself")
        for t in COMPARABLE
    ),
    # What the macro sortBy calls: a list, and the keys to sort it by.
    "@sortByAssociatedKeys": tuple(
        Overload((list_of(A), list_of(t)), list_of(A), _sorted_by, method=True, cost="keys compared")
        for t in COMPARABLE
    ),
}
