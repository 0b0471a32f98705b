"""Literals that can be judged before anything runs: durations, timestamps, patterns and templates.

As cel-go's cel/validator.go and ext/formatting.go judge them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from miniapi.cel.library.formatting import CLAUSES, Unfit, go_name, render
from miniapi.cel.library.regex import matches
from miniapi.cel.library.standard import parse_duration, parse_timestamp
from miniapi.cel.problems import EvaluationError, Problem
from miniapi.cel.syntax import Call, ListNode, Literal, MapNode, Node, children

_CHECKS: tuple[tuple[str, Callable[[str], Any]], ...] = (
    ("duration", parse_duration),
    ("timestamp", parse_timestamp),
    ("matches", lambda pattern: matches("", pattern)),
)

_CONVERSIONS = frozenset({"bool", "bytes", "double", "int", "string", "uint"})
_PATTERNS = frozenset({"find", "findAll"})


def literal_problems(root: Node) -> list[Problem]:
    """What is wrong with the first arguments that are literals."""
    calls = list(_calls(root))
    wrong = [problem for call in calls if call.function == "format" for problem in _template_problems(call)]
    return wrong + [
        Problem(call.args[0].at, f"invalid {name} argument")
        for name, read in _CHECKS
        for call in calls
        if call.function == name and call.args and not _reads(call.args[0], read)
    ]


def uncomputable(root: Node) -> str:
    """Why what is computed before anything runs has no value: conversions and patterns of literals; else empty."""
    for call in _calls(root):
        try:
            if call.function in _CONVERSIONS and len(call.overloads) == 1 and isinstance(call.args[0], Literal):
                run = call.overloads[0].run
                assert run is not None
                run(call.args[0].value)
            elif call.function in _PATTERNS and call.target is not None and isinstance(call.args[0], Literal):
                matches("", call.args[0].value)
        except EvaluationError as problem:
            return str(problem)
    return ""


def _template_problems(call: Call) -> list[Problem]:
    """Of a literal template whose arguments are written as a list."""
    template, args = call.target, call.args[0] if call.args else None
    if not isinstance(template, Literal) or not isinstance(template.value, str) or not isinstance(args, ListNode):
        return []
    given, place = args.elements, [call.at]

    def write(clause: str, _precision: int, argument: Node) -> str:
        kinds, complaint = CLAUSES["x" if clause == "X" else clause]
        place[0] = argument.at
        unfit = _unfit(argument, kinds, within=clause == "s")
        if unfit is not None:
            place[0] = unfit.at
            raise Unfit(complaint + go_name(unfit.type))
        place[0] = call.at
        return ""

    try:
        _, used = render(template.value, given.__getitem__, len(given), write)
    except EvaluationError as problem:
        return [Problem(place[0], str(problem))]
    if len(given) > used:
        why = f"too many arguments supplied to string.format (expected {used}, got {len(given)})"
        return [Problem(call.at, why)]
    return []


def _unfit(node: Node, kinds: tuple[str, ...], *, within: bool) -> Node | None:
    """The argument, or with `within` what a literal of it holds, whose type is none of the kinds."""
    if node.type.kind not in (*kinds, "dyn"):
        return node
    if not within or not isinstance(node, (ListNode, MapNode)):
        return None
    return next((found for child in children(node) if (found := _unfit(child, kinds, within=True)) is not None), None)


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
    except (EvaluationError, ValueError):
        return False
    return True
