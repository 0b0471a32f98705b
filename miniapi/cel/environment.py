"""The seam of the package: variables and their types -> compile a text -> evaluate it, as often as wanted.

environment = Environment({"self": INT})
program = environment.compile("self > 1")       # CompileError says what is wrong, as cel-go displays it
program.evaluate({"self": 2})                   # True; EvaluationError, CostExceeded
program.type, program.root                      # for whoever judges the result type or the cost beforehand
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from miniapi.cel import types
from miniapi.cel.checker import TYPE_NAMES, Declared, check, no_types
from miniapi.cel.costs import Budget
from miniapi.cel.evaluate import Run, Scope, compile_node
from miniapi.cel.library import lists, named_formats, network, operators, quantity, regex, semver, standard, text, url
from miniapi.cel.literals import literal_problems
from miniapi.cel.parser import NoExpression, parse
from miniapi.cel.problems import display
from miniapi.cel.syntax import Node, names
from miniapi.cel.types import Functions, Type


class CompileError(Exception):
    """The text is no expression of the environment; the message is what cel-go displays."""


@cache
def kubernetes_functions() -> Functions:
    """What every expression in Kubernetes may call."""
    libraries = (operators, standard, text, lists, regex, url, quantity, network, named_formats, semver)
    return types.joined(library.FUNCTIONS for library in libraries)


_CONSTANTS: Mapping[str, Type] = {
    **TYPE_NAMES,
    "net.IP": types.type_of(network.IP_TYPE),
    "net.CIDR": types.type_of(network.CIDR_TYPE),
    "kubernetes.URL": types.type_of(url.URL_TYPE),
    "kubernetes.Quantity": types.type_of(quantity.QUANTITY_TYPE),
    "kubernetes.Semver": types.type_of(semver.SEMVER_TYPE),
}


@dataclass(slots=True, frozen=True)
class Program:
    """A compiled expression."""

    text: str
    root: Node
    _run: Run

    @property
    def type(self) -> Type:
        """What it evaluates to."""
        return self.root.type

    def uses(self, variable: str) -> bool:
        """Whether the expression speaks of the variable."""
        return variable in names(self.root)

    def evaluate(self, variables: dict[str, Any], budget: Budget | None = None) -> Any:
        """The value. EvaluationError where there is none, CostExceeded where it costs too much."""
        return self._run(Scope(variables, budget or Budget()))


class Environment:
    """Variables, functions and object types that expressions may use."""

    def __init__(
        self, variables: Mapping[str, Type], functions: Functions | None = None, declared: Declared = no_types
    ) -> None:
        self.variables = variables
        self._functions = functions if functions is not None else kubernetes_functions()
        self._declared = declared

    def compile(self, text: str) -> Program:
        """Parses, checks and compiles. CompileError."""
        try:
            root = parse(text)
        except NoExpression as problem:
            raise CompileError(display(text, problem.problems)) from None
        problems = check(root, self.variables, self._functions, _CONSTANTS, self._declared) or literal_problems(root)
        if problems:
            raise CompileError(display(text, problems))
        return Program(text, root, compile_node(root, _CONSTANTS))
