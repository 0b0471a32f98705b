"""What an evaluator is: how objects of one resource count (apiserver/pkg/quota/v1 Evaluator)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from miniapi.admission.interface import Operation
from miniapi.meta import quantity
from miniapi.meta.objects import Object
from miniapi.meta.quantity import Quantity
from miniapi.meta.selectors import label_selector

Amounts = dict[str, Quantity]
Scope = Mapping[str, Any]
"""core.ScopedResourceSelectorRequirement: scopeName, operator, values."""
ONE = Quantity(1, 0)


def _on_create(operation: Operation, subresource: str) -> bool:
    return operation == "CREATE" and not subresource


def _no_scope(_scope: Scope, _obj: Object) -> bool:
    return False


def _no_problem(_required: Iterable[str], _obj: Object) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A value made of pure functions."""

    matching: Callable[[str], bool]
    """Whether it counts the resource of that name."""
    usage: Callable[[Object, datetime], Amounts]
    """What an object uses at a time."""
    handles: Callable[[Operation, str], bool] = _on_create
    """(operation, subresource): whether such a write can change what is used."""
    in_scope: Callable[[Scope, Object], bool] = _no_scope
    problem: Callable[[Iterable[str], Object], str] = _no_problem
    """(limited resources, object): what the object must say to be counted; empty where all is said."""


def scopes_of(quota: Object) -> list[Scope]:
    """spec.scopes and spec.scopeSelector as one list."""
    spec = quota.get("spec") or {}
    found: list[Scope] = [{"scopeName": s, "operator": "Exists"} for s in spec.get("scopes") or ()]
    return found + list((spec.get("scopeSelector") or {}).get("matchExpressions") or ())


def covers(evaluator: Evaluator, quota: Object, hard: Iterable[str], obj: Object) -> bool:
    """Whether the quota limits something of the object, in all of its scopes."""
    if not any(evaluator.matching(name) for name in hard):
        return False
    return all(evaluator.in_scope(scope, obj) for scope in scopes_of(quota))


def selects(scope: Scope, values: Iterable[str]) -> bool:
    """Whether the scope's operator and values choose one of `values`; none stands for a label that is not there."""
    name = scope["scopeName"]
    expression = {"key": name, "operator": scope.get("operator"), "values": scope.get("values")}
    selector = label_selector({"matchExpressions": [expression]})
    labels: list[dict[str, str]] = [{name: value} for value in values] or [{}]
    return any(selector(of) for of in labels)


def parse(values: Mapping[str, Any] | None) -> Amounts:
    """A resource list, parsed."""
    return {name: quantity.parse(str(value)) for name, value in (values or {}).items()}


def write(amounts: Amounts) -> dict[str, str]:
    """A resource list as it is stored."""
    return {name: str(amounts[name]) for name in sorted(amounts)}


def add(a: Amounts, b: Amounts) -> Amounts:
    """Sums by name."""
    return {**a, **{name: quantity.add(a[name], value) if name in a else value for name, value in b.items()}}


def growth(new: Amounts, old: Amounts) -> Amounts:
    """What `new` has more than `old`, and nothing less."""
    grown: Amounts = {}
    for name, value in new.items():
        more = quantity.subtract(value, old[name]) if name in old else value
        if quantity.sign(more) > 0:
            grown[name] = more
    return grown
