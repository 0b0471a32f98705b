"""Compiles the expressions of a policy or webhook, each use in its own environment and with its own result types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miniapi.cel.environment import NOT_INSTANTIATED, CompileError, Environment, Program
from miniapi.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
    list_of,
)
from miniapi.expressions.environment import environment
from miniapi.expressions.patches import JSON_PATCH, OBJECT


@dataclass(frozen=True, slots=True)
class Use:
    """What expressions of one place may use and must give."""

    results: tuple[Type, ...]
    authorization: bool = True
    variables: bool = True
    patches: bool = False


USES: Mapping[str, Use] = {
    "matchCondition": Use((BOOL,), variables=False),
    "variable": Use((DYN,)),
    "validation": Use((BOOL,)),
    "messageExpression": Use((STRING,), authorization=False),
    "auditAnnotation": Use((STRING, NULL)),
    "applyConfiguration": Use((OBJECT,), patches=True),
    "jsonPatch": Use((list_of(JSON_PATCH),), patches=True),
}


_PLAIN = (BOOL, BYTES, DOUBLE, DURATION, INT, NULL, STRING, TIMESTAMP, UINT)


class Complaint(Exception):
    """The expression cannot stand where it does; the message is the detail of a field's error."""

    def __init__(self, message: str, *, internal: bool = False) -> None:
        super().__init__(message)
        self.internal = internal
        """Whether the original speaks of an internal error."""


class Expressions:
    """The environments of one policy or webhook. `spec` is a policy's spec, or a webhook."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._params = spec.get("paramKind") is not None
        self._variables: Sequence[Mapping[str, Any]] = spec.get("variables") or ()
        self._types: dict[str, Type] = {}
        self._typed = 0
        self._environments: dict[Use, Environment] = {}

    def compile(self, use: str, text: str, variables_before: int | None = None) -> Program:
        """Raises Complaint. A variable may use those `variables_before` it, everything else all of them."""
        wanted = USES[use]
        program = self._compile(wanted, text, len(self._variables) if variables_before is None else variables_before)
        if program.type not in wanted.results and DYN not in wanted.results:
            shown = [str(result) if result is not NULL else "null_type" for result in wanted.results]
            must = shown[0] if len(shown) == 1 else f"one of [{' '.join(shown)}]"
            raise Complaint(f"must evaluate to {must} but got {_shown(program.type)}")
        return program

    def _compile(self, use: Use, text: str, before: int) -> Program:
        try:
            return self._environment(use, before).compile(text)
        except CompileError as problem:
            internal = problem.stage == NOT_INSTANTIATED
            raise Complaint(f"{problem.stage}: {problem}", internal=internal) from None

    def _environment(self, use: Use, before: int) -> Environment:
        while use.variables and self._typed < before:
            variable = self._variables[self._typed]
            self._typed += 1
            self._types[variable.get("name") or ""] = self._type(variable.get("expression") or "", self._typed - 1)
            self._environments.clear()
        found = self._environments.get(use)
        if found is None:
            found = self._environments[use] = environment(
                params=self._params,
                authorization=use.authorization,
                patches=use.patches,
                variables=dict(self._types) if use.patches or (use.variables and self._variables) else None,
            )
        return found

    def _type(self, text: str, before: int) -> Type:
        """Of a variable; what cannot be compiled may be anything, and is complained of where it stands."""
        try:
            return _declared(self._compile(USES["variable"], text, before).type)
        except Complaint:
            return DYN


def _declared(of: Type) -> Type:
    """convertCelTypeToDeclType: of a variable's type, only plain values and what is made of them are kept."""
    if of.kind in ("list", "map"):
        return Type(of.kind, tuple(_declared(p) for p in of.params))
    return of if of in _PLAIN else DYN


def _shown(of: Type) -> str:
    return "null_type" if of == NULL else str(of)
