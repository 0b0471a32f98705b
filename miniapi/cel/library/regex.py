"""Regular expressions in RE2's syntax, compiled once: matches, find and findAll."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.cel import types
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import INT, STRING, Overload, list_of
from miniapi.meta.regexp import BadPattern, compiled


def _compiled(pattern: str) -> Any:
    try:
        return compiled(pattern)
    except BadPattern as problem:
        raise EvaluationError(str(problem)) from None


def matches(text: str, pattern: str) -> bool:
    """Whether the pattern is found."""
    return _compiled(pattern).search(text) is not None


def _find(text: str, pattern: str) -> str:
    found = _compiled(pattern).search(text)
    return found.group() if found is not None else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found = [match.group() for match in _compiled(pattern).finditer(text)]
    return found if limit < 0 else found[:limit]


def _method(params: tuple[types.Type, ...], result: types.Type, run: Callable[..., Any]) -> Overload:
    return Overload(params, result, run, method=True, cost="matches")


FUNCTIONS: types.Functions = {
    "find": (_method((STRING, STRING), STRING, _find),),
    "findAll": (
        _method((STRING, STRING), list_of(STRING), _find_all),
        _method((STRING, STRING, INT), list_of(STRING), _find_all),
    ),
}
