"""What an evaluation costs while it runs (cel-go interpreter/runtimecost.go, apiserver/pkg/cel/library/cost.go)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from miniapi.cel.problems import CostExceeded

PER_CALL_LIMIT = 1_000_000
"""celconfig.PerCallLimit: what one expression may cost."""
RUNTIME_BUDGET = 10_000_000
"""celconfig.RuntimeCELCostBudget: what all rules of one object may cost."""

AUTHORIZER_COST = 350_000
"""One question to the authorizer."""


class Budget:
    """Counts down; CostExceeded below zero."""

    __slots__ = ("left", "limit")

    def __init__(self, limit: int = PER_CALL_LIMIT) -> None:
        self.limit = self.left = limit

    @property
    def spent(self) -> int:
        """What it cost so far."""
        return self.limit - self.left

    def spend(self, cost: int) -> None:
        """One step."""
        self.left -= cost
        if self.left < 0:
            raise CostExceeded("operation cancelled: actual cost limit exceeded")

    def call(self, rule: str, args: Sequence[Any]) -> None:
        """One call of a function."""
        self.spend(_RULES[rule](args) if rule else 1)


def tenth(size: int) -> int:
    """A tenth, rounded up: what it costs to look at each character once."""
    return -(-size // 10)


def size(value: Any) -> int:
    """Characters, bytes or entries; 1 for a scalar."""
    return len(value) if value.__class__ in (str, bytes, list, dict) else 1


def _compared(args: Sequence[Any]) -> int:
    return max(1, tenth(min(size(args[0]), size(args[1]))))


def _allocated(steps: float) -> int:
    """A call that makes a list (ext/lists.go trackAllocatingListCall)."""
    return int(steps) + 11


def _compared_with_itself(entries: Any) -> int:
    count = size(entries)
    texts = count > 0 and entries[0].__class__ in (str, bytes)
    return _allocated(count * count * (2.1 if texts else 2))


_RULES: dict[str, Callable[[Sequence[Any]], int]] = {
    "compare": _compared,
    "members": lambda args: max(1, size(args[1])),
    "concat": lambda args: max(1, tenth(size(args[0]) + size(args[1]))),
    "argument": lambda args: max(1, tenth(size(args[1]))),
    "contains": lambda args: max(1, tenth(size(args[0])) * tenth(size(args[1]))),
    "matches": lambda args: max(1, tenth(size(args[0]) + 1) * -(-size(args[1]) // 4)),
    "target": lambda args: max(1, tenth(size(args[0]))),
    "elements": lambda args: max(1, size(args[0])),
    "slice": lambda args: _allocated(max(0, args[2] - args[1])),
    "range": lambda args: _allocated(max(0, args[0])),
    "copied": lambda args: _allocated(size(args[0])),
    "flatten": lambda args: _allocated(size(args[0]) * (args[1] if len(args) > 1 else 1)),
    "compared with itself": lambda args: _compared_with_itself(args[0]),
    "keys compared": lambda args: _compared_with_itself(args[1]),
    "authorizer": lambda _args: AUTHORIZER_COST,
    "sets": lambda args: 1 + size(args[0]) * size(args[1]),
}
"""By the name in an overload."""
