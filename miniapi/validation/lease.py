"""Leases (coordination/validation)."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation


def create(obj: Object) -> ErrorList:
    """Durations and counts make sense; a preferred holder needs a strategy."""
    spec = obj.get("spec") or {}
    errors: ErrorList = []
    seconds = spec.get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        errors.append(field.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0"))
    errors += rules.not_negative("spec.leaseTransitions", spec.get("leaseTransitions"))
    if spec.get("strategy") is not None:
        errors += rules.each("spec.strategy", spec["strategy"], _strategy(spec["strategy"]))
    if spec.get("preferredHolder") and not spec.get("strategy"):
        why = "may only be specified when `strategy` is defined"
        errors.append(field.forbidden("spec.preferredHolder", why))
    return errors


def _strategy(name: str) -> list[str]:
    if name == "OldestEmulationVersion":
        return []
    return names.qualified_name(name) if "/" in name else ["must be a fully qualified name (e.g. example.com/strategy)"]


VALIDATION = Validation(create, lambda obj, _old: create(obj), names.name_is_dns_subdomain, qualified_finalizers=False)
