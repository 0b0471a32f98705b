"""Namespaces, their status and their finalizers (core ValidateNamespace)."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.metadata import finalizer_name
from miniapi.validation.network import checked


def _finalizer(name: str, path: str) -> ErrorList:
    return checked(path, name, names.qualified_name) + finalizer_name(name, path)


def create(obj: Object) -> ErrorList:
    """spec.finalizers are finalizer names."""
    found = (obj.get("spec") or {}).get("finalizers") or ()
    return [e for name in found for e in _finalizer(name, "spec.finalizers")]


def update_status(obj: Object, _old: Object) -> ErrorList:
    """The phase follows the deletion timestamp."""
    phase = (obj.get("status") or {}).get("phase") or ""
    deleted = obj["metadata"].get("deletionTimestamp") is not None
    wanted, when = ("Terminating", "not empty") if deleted else ("Active", "empty")
    if phase == wanted:
        return []
    return [field.invalid("status.Phase", phase, f"may only be '{wanted}' if `deletionTimestamp` is {when}")]


def update_finalize(obj: Object, _old: Object) -> ErrorList:
    """As on create, told by index."""
    found = (obj.get("spec") or {}).get("finalizers") or ()
    return [e for i, name in enumerate(found) for e in _finalizer(name, field.index("spec.finalizers", i))]


VALIDATION = Validation(create, name=names.name_is_dns_label, update_metadata=("whole", "changed"))
STATUS = Validation(update=update_status)
FINALIZE = Validation(update=update_finalize)
