"""One mutation of a policy: its expression, and what it makes of the object (plugin/policy/mutating/patch)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from miniapi.admission.expressions import Lazy, Spending, Variables
from miniapi.admission.policies.policy import Mutation, Policy
from miniapi.cel.library.standard import double_text, timestamp_text
from miniapi.cel.problems import EvaluationError
from miniapi.cel.values import NANOSECONDS, Duration, Instance, Timestamp
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
        value = spending.evaluate(mutation.program, known)
        if mutation.patch_type == "ApplyConfiguration":
            _check_names(value)
            return overlay(obj, {**_plain(value), "apiVersion": obj["apiVersion"], "kind": obj["kind"]})
        return json_patch.operate(obj, [_operation(given) for given in value])
    except json_patch.NotMet:
        return obj
    except json_patch.Failed as problem:
        raise NotMutated(f"JSON Patch: {problem}") from None
    except (EvaluationError, ValueError) as problem:
        raise NotMutated(str(problem)) from None


def _operation(given: dict[str, Any]) -> dict[str, Any]:
    if isinstance(given.get("value"), Instance):
        _check_names(given["value"])
    out = {"op": "", "path": "", **_plain(given)}
    if not out.get("from"):
        out.pop("from", None)
    return out


def _check_names(instance: Instance) -> None:
    """CheckTypeNamesMatchFieldPathNames: what lies in field `a` of an `Object` is an `Object.a`, and so on."""
    problems = _misnamed(instance, instance.cel_type.name)
    if problems:
        raise NotMutated("type mismatch: " + "\n".join(problems))


def _misnamed(value: Any, expected: str) -> list[str]:
    if isinstance(value, Instance):
        name = value.cel_type.name
        wrong = (
            f'unexpected type name "{name}", expected "{expected}", which matches field name path from root Object type'
        )
        below = [p for key, item in value.items() for p in _misnamed(item, f"{expected}.{key}")]
        return below if name == expected else [wrong, *below]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [problem for item in items for problem in _misnamed(item, expected)]


def _plain(value: Any) -> Any:
    """A value of an expression as JSON has it. EvaluationError for what JSON has not."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Timestamp):
        return timestamp_text(value)
    if isinstance(value, Duration):
        return f"{double_text(value.nanoseconds / NANOSECONDS)}s"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise EvaluationError("JSONPath valueExpression evaluated to a type that could not marshal to JSON")
