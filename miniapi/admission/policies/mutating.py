"""One mutation of a policy: its expression, and what it makes of the object (plugin/policy/mutating/patch)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.admission.expressions import Lazy, Spending, Variables
from miniapi.admission.policies.policy import Mutation, Policy
from miniapi.cel.problems import EvaluationError
from miniapi.meta.objects import Object
from miniapi.patch import json_patch

Overlay = Callable[[Object, Object], Object]
"""(object, configuration) -> the object with the configuration laid over it; ValueError where it cannot be."""


class NotMutated(Exception):
    """The mutation failed; the message is the original's."""


def mutated(policy: Policy, mutation: Mutation, obj: Object, variables: Variables, overlay: Overlay) -> Object:
    """A changed copy of `obj`, or `obj` itself where a JSON patch's test is not met. Raises NotMutated."""
    spending = Spending()
    known = {**variables, "object": obj}
    known["variables"] = Lazy(policy.variables, known, spending)
    try:
        value = _plain(spending.evaluate(mutation.program, known))
        if mutation.patch_type == "ApplyConfiguration":
            return overlay(obj, {**value, "apiVersion": obj["apiVersion"], "kind": obj["kind"]})
        return json_patch.operate(obj, value)
    except json_patch.NotMet:
        return obj
    except json_patch.Failed as problem:
        raise NotMutated(f"JSON Patch: {problem}") from None
    except (EvaluationError, ValueError) as problem:
        raise NotMutated(str(problem)) from None


def _plain(value: Any) -> Any:
    """A value of an expression as JSON has it. EvaluationError for what JSON has not."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise EvaluationError("JSONPath valueExpression evaluated to a type that could not marshal to JSON")
