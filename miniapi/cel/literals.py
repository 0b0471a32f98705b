"""Literals that can be judged before anything runs: durations, timestamps and patterns (cel-go cel/validator.go)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from miniapi.cel.library.regex import matches
from miniapi.cel.library.standard import parse_duration, parse_timestamp
from miniapi.cel.problems import EvaluationError, Problem
from miniapi.cel.syntax import Call, Literal, Node, children

_CHECKS: tuple[tuple[str, Callable[[str], Any]], ...] = (
    ("duration", parse_duration),
    ("timestamp", parse_timestamp),
    ("matches", lambda pattern: matches("", pattern)),
)


def literal_problems(root: Node) -> list[Problem]:
    """What is wrong with the first arguments that are literals."""
    calls = list(_calls(root))
    return [
        Problem(call.args[0].at, f"invalid {name} argument")
        for name, read in _CHECKS
        for call in calls
        if call.function == name and call.args and not _reads(call.args[0], read)
    ]


def _calls(node: Node) -> Iterator[Call]:
    if isinstance(node, Call):
        yield node
    for child in children(node):
        yield from _calls(child)


def _reads(argument: Node, read: Callable[[str], Any]) -> bool:
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        return True
    try:
        read(argument.value)
    except EvaluationError:
        return False
    return True
