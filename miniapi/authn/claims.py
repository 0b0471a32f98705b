"""What an issuer's claims say of a user: by their names, or by expressions in CEL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miniapi.authn.interface import InvalidCredential
from miniapi.cel.environment import CompileError, Environment, Program
from miniapi.cel.problems import CostExceeded, EvaluationError
from miniapi.cel.types import DYN


@dataclass(frozen=True, slots=True)
class Claim:
    """Where a part of the identity comes from; neither name nor expression: from nowhere."""

    name: str = ""
    prefix: str = ""
    expression: Program | None = None

    def read(self, claims: Mapping[str, Any]) -> Any:
        """The claim or the expression's value, without the prefix; None where there is none."""
        if self.expression is not None:
            return evaluated(self.expression, claims=claims)
        return claims.get(self.name) if self.name else None

    def strings(self, claims: Mapping[str, Any]) -> list[str]:
        """As a list, each with the prefix. InvalidCredential where it is of another type."""
        found = self.read(claims)
        listed = [found] if isinstance(found, str) else found or []
        if not isinstance(listed, Sequence) or not all(isinstance(i, str) for i in listed):
            raise InvalidCredential(f"oidc: the claim {self.name or 'expression'} is no string and no list of strings")
        return [f"{self.prefix}{i}" for i in listed if i]


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold of claims or user."""

    expression: Program
    message: str = ""

    def check(self, **variables: Any) -> None:
        """InvalidCredential where it does not hold."""
        if evaluated(self.expression, **variables) is not True:
            raise InvalidCredential(f"oidc: {self.message or f'{self.expression.text} is not true'}")


def compiled(text: str, variable: str) -> Program:
    """An expression over `claims` or `user`. ValueError where it is none."""
    try:
        return Environment({variable: DYN}).compile(text)
    except CompileError as problem:
        raise ValueError(f"compilation failed: {' '.join(str(problem).split())}") from None


def evaluated(program: Program, **variables: Any) -> Any:
    """The value. InvalidCredential where there is none."""
    try:
        return program.evaluate(variables)
    except (EvaluationError, CostExceeded) as problem:
        raise InvalidCredential(f"oidc: error evaluating {program.text}: {problem}") from None
