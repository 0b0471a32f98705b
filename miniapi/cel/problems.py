"""What is wrong with a text, as cel-go displays it; and what goes wrong in an evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MAX_DISPLAYED = 100
NOWHERE = -1
"""The place of a problem that the whole text has."""
_DOT, _MARK, _WIDE_DOT, _WIDE_MARK = ".", "^", "\uff0e", "\uff3e"


@dataclass(slots=True, frozen=True)
class Problem:
    """A complaint about the text at an offset."""

    at: int
    message: str


class SyntaxProblem(Exception):
    """The text is not an expression."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at, self.message = at, message


class EvaluationError(Exception):
    """An expression has no value: no such key, division by zero, ..."""


class CostExceeded(Exception):
    """The evaluation was stopped for what it cost."""


def display(text: str, problems: Iterable[Problem]) -> str:
    """`ERROR: <input>:1:5: message`, the line and a mark below; by place."""
    lines = text.split("\n")
    out = []
    for problem in sorted(problems, key=lambda p: p.at)[:MAX_DISPLAYED]:
        if not text:
            out.append(f"ERROR: <input>:1:0: {problem.message}")
            continue
        if problem.at == NOWHERE:
            out.append(f"ERROR: <input>:-1:0: {problem.message}")
            continue
        line, column = _place(text, problem.at)
        shown = lines[line].replace("\t", " ")
        dots = "".join(_DOT if c.isascii() else _WIDE_DOT for c in shown[:column])
        mark = _MARK if shown[column : column + 1].isascii() else _WIDE_MARK
        out.append(f"ERROR: <input>:{line + 1}:{column + 1}: {problem.message}\n | {shown}\n | {dots}{mark}")
    return "\n".join(out)


def _place(text: str, at: int) -> tuple[int, int]:
    before = text[:at]
    return before.count("\n"), at - (before.rfind("\n") + 1)
