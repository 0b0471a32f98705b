"""The loops behind the macros: all, exists, exists_one, filter, map and the transforms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miniapi.cel.costs import Budget
from miniapi.cel.problems import EvaluationError
from miniapi.cel.values import Duration, Optional, Timestamp, UInt, no_overload

Entry = tuple[Any, Any]
Each = Callable[[Entry], Any]
Loop = Callable[[Sequence[Entry], Budget, Each, Each | None], Any]
_STEP = 3
"""What a step of a loop costs beside its body: the condition and the accumulator."""


_GO_TYPES: Mapping[type, str] = {
    type(None): "types.Null",
    bool: "types.Bool",
    int: "types.Int",
    UInt: "types.Uint",
    float: "types.Double",
    str: "types.String",
    bytes: "types.Bytes",
    Duration: "types.Duration",
    Timestamp: "types.Timestamp",
    Optional: "*types.Optional",
}


def entries(over: Any, *, two: bool) -> list[Entry]:
    """What the variables of the macro go through."""
    if over.__class__ is list:
        return list(enumerate(over)) if two else [(value, None) for value in over]
    if over.__class__ is dict:
        return list(over.items()) if two else [(key, None) for key in over]
    raise EvaluationError(f"got '{_GO_TYPES.get(over.__class__, over.__class__.__name__)}', expected iterable type")


def _quantified(decisive: bool) -> Loop:
    """`all` ends with the first false, `exists` with the first true; an error counts where nothing decides."""

    def loop(found: Sequence[Entry], budget: Budget, body: Each, _result: Each | None) -> Any:
        failed: EvaluationError | None = None
        for entry in found:
            budget.spend(_STEP)
            try:
                value = body(entry)
            except EvaluationError as problem:
                failed = problem
                continue
            if value is decisive:
                return decisive
            if value.__class__ is not bool:
                failed = no_overload()
        if failed is not None:
            raise failed
        return not decisive

    return loop


def _one(found: Sequence[Entry], budget: Budget, body: Each, _result: Each | None) -> bool:
    count = 0
    for entry in found:
        budget.spend(_STEP)
        count += _holds(body(entry))
    return count == 1


def _holds(value: Any) -> bool:
    if value.__class__ is not bool:
        raise no_overload()
    return bool(value)


def _filter(found: Sequence[Entry], budget: Budget, body: Each, _result: Each | None) -> list[Any]:
    out = []
    for entry in found:
        budget.spend(_STEP)
        if _holds(body(entry)):
            budget.spend(10)
            out.append(entry[0])
    return out


def _map(found: Sequence[Entry], budget: Budget, body: Each, result: Each | None) -> list[Any]:
    assert result is not None
    out = []
    for entry in found:
        budget.spend(_STEP)
        if _holds(body(entry)):
            budget.spend(10)
            out.append(result(entry))
    return out


def _transform_map(found: Sequence[Entry], budget: Budget, body: Each, result: Each | None) -> dict[Any, Any]:
    assert result is not None
    out = {}
    for entry in found:
        budget.spend(_STEP)
        if _holds(body(entry)):
            out[entry[0]] = result(entry)
    return out


def _transform_entries(found: Sequence[Entry], budget: Budget, body: Each, result: Each | None) -> dict[Any, Any]:
    assert result is not None
    out: dict[Any, Any] = {}
    for entry in found:
        budget.spend(_STEP)
        if not _holds(body(entry)):
            continue
        made = result(entry)
        if made.__class__ is not dict:
            raise no_overload()
        for key, value in made.items():
            if key in out:
                raise EvaluationError(f"insert failed: key {key} already exists")
            out[key] = value
    return out


FOLDS: dict[str, Loop] = {
    "all": _quantified(decisive=False),
    "exists": _quantified(decisive=True),
    "exists_one": _one,
    "filter": _filter,
    "map": _map,
    "transformList": _map,
    "transformMap": _transform_map,
    "transformMapEntry": _transform_entries,
}
"""By the macro's name."""
