"""Which questions a webhook is asked: conditions in CEL on the review (apiserver/pkg/authorization/cel)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from miniapi.cel.environment import CompileError, Environment, Program
from miniapi.cel.problems import CostExceeded, EvaluationError
from miniapi.cel.types import STRING, Field, Type, list_of, map_of, object_of

_STRINGS = list_of(STRING)


def _object(title: str, /, **fields: Type) -> Type:
    return object_of(f"kubernetes.{title}", {key: Field(of, key) for key, of in fields.items()})


_REQUIREMENT = _object("SelectorRequirement", key=STRING, operator=STRING, values=_STRINGS)
_SELECTOR = _object("SelectorAttributes", rawSelector=STRING, requirements=list_of(_REQUIREMENT))
_NAMES = ("namespace", "verb", "group", "version", "resource", "subresource", "name")
_RESOURCE = _object(
    "ResourceAttributes", **dict.fromkeys(_NAMES, STRING), fieldSelector=_SELECTOR, labelSelector=_SELECTOR
)
_REQUEST = _object(
    "SubjectAccessReviewSpec",
    user=STRING,
    groups=_STRINGS,
    uid=STRING,
    extra=map_of(STRING, _STRINGS),
    resourceAttributes=_RESOURCE,
    nonResourceAttributes=_object("NonResourceAttributes", path=STRING, verb=STRING),
)


class Undecided(Exception):
    """A condition has no value, and none is false."""


class MatchConditions:
    """All must hold. ValueError where one is no condition."""

    def __init__(self, expressions: Sequence[str]) -> None:
        environment = Environment({"request": _REQUEST})
        self._programs = [_compiled(environment, text) for text in expressions]

    def match(self, spec: dict[str, Any]) -> bool:
        """Whether the webhook is asked this; Undecided where that cannot be told."""
        problems = []
        for program in self._programs:
            try:
                if not program.evaluate({"request": spec}):
                    return False
            except (EvaluationError, CostExceeded) as problem:
                problems.append(f"cel evaluation error: expression '{program.text}' resulted in error: {problem}")
        if problems:
            raise Undecided("; ".join(problems))
        return True


def _compiled(environment: Environment, text: str) -> Program:
    try:
        program = environment.compile(text)
    except CompileError as problem:
        raise ValueError(f"compilation failed: {' '.join(str(problem).split())}") from None
    if program.type.kind != "bool":
        raise ValueError("must evaluate to bool")
    return program
