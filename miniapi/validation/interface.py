"""A kind's validation: pure functions from objects to field errors, in the original's order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from miniapi.meta.objects import Object
from miniapi.validation.field import ErrorList


def _no_errors_on_create(_obj: Object) -> ErrorList:
    return []


def _no_errors_on_update(_obj: Object, _old: Object) -> ErrorList:
    return []


def _any_name(_name: str, _prefix: bool) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Validation:
    """`create(obj)` and `update(obj, old)`; object metadata is validated by the registry beforehand with `name`."""

    create: Callable[[Object], ErrorList] = _no_errors_on_create
    update: Callable[[Object, Object], ErrorList] = _no_errors_on_update
    name: Callable[[str, bool], list[str]] = _any_name
    """(name, is generateName prefix) -> what is wrong with it (validation.NameIsDNSSubdomain and its kin)."""
    qualified_finalizers: bool = True
    """Finalizers must be standard or have a domain: kinds of other servers than the core's let any name pass."""
