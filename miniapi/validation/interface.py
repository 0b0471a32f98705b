"""A kind's validation: pure functions from objects to field errors, in the original's order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from miniapi.meta.objects import Object
from miniapi.validation.field import ErrorList


def _no_errors_on_create(_obj: Object) -> ErrorList:
    return []


def _no_errors_on_update(_obj: Object, _old: Object) -> ErrorList:
    return []


def _no_rules(_obj: Object, _old: Object | None, _found: ErrorList) -> ErrorList:
    return []


def _any_name(_name: str, _prefix: bool) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Validation:
    """`create(obj)` and `update(obj, old)`; metadata is judged by `objects`."""

    create: Callable[[Object], ErrorList] = _no_errors_on_create
    update: Callable[[Object, Object], ErrorList] = _no_errors_on_update
    name: Callable[[str, bool], list[str]] = _any_name
    """(name, is generateName prefix) -> what is wrong with it (validation.NameIsDNSSubdomain and its kin)."""
    qualified_finalizers: bool = True
    """Finalizers must be standard or have a domain: kinds of other servers than the core's let any name pass."""
    update_metadata: tuple[Literal["changed", "whole"], ...] = ("changed",)
    """How the kind's own rules judge metadata on update: what changed (ValidateObjectMetaUpdate), or all of it
    (ValidateObjectMeta), as often as they say."""
    generic_metadata: bool = False
    """The kind has no rules for metadata of its own: those of all kinds hold, on creation once its other rules pass."""
    rules: Callable[[Object, Object | None, ErrorList], ErrorList] = _no_rules
    """(object, old object, what the kind finds wrong otherwise) -> what is wrong besides; asked last."""
