"""What the checks of a custom object's schema pass to each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from miniapi.errors import Cause

Path = tuple[Any, str]
"""A linked list of steps such as `.spec` and `[0]`, innermost first: written out only for a complaint."""


def path_text(path: Path) -> str:
    """`.spec.a[0]`; empty for the root."""
    steps = []
    while path != ("", ""):
        path, step = path[0], path[1]
        steps.append(step)
    return "".join(reversed(steps))


def written(value: Any) -> str:
    """A bad value as Go's field errors print it."""
    if isinstance(value, float):
        return go_number(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def go_number(value: float) -> str:
    """A float64 as Go's %v prints it."""
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    sign, digits = (exponent[0], exponent[1:]) if exponent[0] in "+-" else ("+", exponent)
    return f"{mantissa.removesuffix('.0')}e{sign}{digits.zfill(2)}"


@dataclass(slots=True)
class Problem:
    """A complaint: `PATH in body TEXT`, or `whole` where the original gives it no path."""

    reason: str
    path: Path
    text: str = ""
    value: Any = None
    message: str = ""
    """The cause's message where it is not made of value and text."""
    whole: str = ""

    full: str = ""
    """The error text where it does not begin with the path."""

    def told(self) -> str:
        """The error text, which is unique within a result."""
        return self.whole or self.full or f"{path_text(self.path).lstrip('.')} in body {self.text}"

    def cause(self) -> Cause:
        """As an entry of details.causes."""
        if self.whole:
            return Cause(self.reason, f'Invalid value: "": {self.whole}', "<nil>")
        where = path_text(self.path).removeprefix(".") or "<nil>"
        if self.reason == "FieldValueRequired":
            return Cause(self.reason, "Required value", where)
        return Cause(self.reason, self.message or f"Invalid value: {written(self.value)}: {self.told()}", where)


Problems = list[Problem]
Check = Callable[[Any, Any, Path, Problems], int]
"""(value, old value or ABSENT, path, problems to add to) -> how much matched."""


def add(problems: Problems, more: Iterable[Problem]) -> None:
    """Adds what has not been told yet."""
    told = {problem.told() for problem in problems} if problems else set()
    for problem in more:
        text = problem.told()
        if text not in told:
            told.add(text)
            problems.append(problem)
