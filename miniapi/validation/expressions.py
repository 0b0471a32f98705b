"""Judges CEL of policies, webhooks and devices where validation meets it; imported when the first expression comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.validation import field
from miniapi.validation.field import ErrorList


def compile_expression(use: str, expression: str, path: str, spec: Mapping[str, Any]) -> ErrorList:
    """An `admission_rules.Compile`."""
    from miniapi.expressions.complaints import complaint

    problem = complaint(use, expression, path, spec)
    if problem is None:
        return []
    return [field.internal(path, str(problem)) if problem.internal else field.invalid(path, expression, str(problem))]


def compile_selector(_use: str, expression: str, path: str, _spec: Mapping[str, Any]) -> ErrorList:
    """An `admission_rules.Compile` for selectors of devices."""
    from miniapi.expressions.devices import complaint

    text, costs = complaint(expression)
    if not text:
        return []
    return [field.forbidden(path, text) if costs else field.invalid(path, expression, text)]
