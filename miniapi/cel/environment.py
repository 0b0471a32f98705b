"""The seam of the package: variables and their types -> compile a text -> evaluate it, as often as wanted.

    environment = Environment({"self": INT})
    program = environment.compile("self > 1")       # CompileError says what is wrong, as cel-go displays it
    program.evaluate({"self": 2})                   # True; EvaluationError, CostExceeded
    program.type, program.root                      # for whoever judges the result type or the cost beforehand

What does the work is loaded with the first text: most servers never see one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miniapi.cel.costs import Budget
from miniapi.cel.types import Functions, Type

if TYPE_CHECKING:
    from miniapi.cel.syntax import Node

Declared = Callable[[str], Type | None]
"""Finds an object type by the name that a literal of it has."""


NOT_INSTANTIATED = "program instantiation failed"
"""The stage in which calls of literals are computed beforehand."""


class CompileError(Exception):
    """The text is no expression of the environment; the message is what cel-go displays."""

    def __init__(self, message: str, stage: str = "compilation failed") -> None:
        super().__init__(message)
        self.stage = stage
        """What failed, as the original begins to tell of it."""


def kubernetes_functions() -> Functions:
    """What every expression in Kubernetes may call."""
    from miniapi.cel.compiler import kubernetes_functions as functions

    return functions()


def no_types(_name: str) -> Type | None:
    """Without object literals."""
    return None


@dataclass(slots=True, frozen=True)
class Program:
    """A compiled expression."""

    text: str
    root: Node
    _run: Callable[[dict[str, Any], Budget], Any]

    @property
    def type(self) -> Type:
        """What it evaluates to."""
        return self.root.type

    def uses(self, variable: str) -> bool:
        """Whether the expression speaks of the variable."""
        from miniapi.cel.syntax import names

        return variable in names(self.root)

    def evaluate(self, variables: dict[str, Any], budget: Budget | None = None) -> Any:
        """The value. EvaluationError where there is none, CostExceeded where it costs too much."""
        return self._run(variables, budget or Budget())


class Environment:
    """Variables, functions (None: Kubernetes' own) and object types that expressions may use."""

    def __init__(
        self, variables: Mapping[str, Type], functions: Functions | None = None, declared: Declared = no_types
    ) -> None:
        self.variables, self._functions, self._declared = variables, functions, declared

    def compile(self, text: str) -> Program:
        """Parses, checks and compiles. CompileError."""
        from miniapi.cel import compiler

        functions = self._functions if self._functions is not None else compiler.kubernetes_functions()
        root, run, complaint = compiler.compile_text(text, self.variables, functions, self._declared)
        if root is None or run is None:
            raise CompileError(complaint)
        if complaint:
            raise CompileError(complaint, NOT_INSTANTIATED)
        return Program(text, root, run)
