"""PriorityClasses (scheduling/validation)."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation

HIGHEST_USER_PRIORITY = 1_000_000_000
SYSTEM_CLASSES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
_POLICIES = ("PreemptLowerPriority", "Never")
_RESERVED = "priority class names with 'system-' prefix are reserved for system use only. error: "


def _system_problem(obj: Object, name: str) -> str:
    if name not in SYSTEM_CLASSES:
        return f"{name} is not a known system priority class"
    if obj.get("value") != SYSTEM_CLASSES[name]:
        return f"value of {name} PriorityClass must be {SYSTEM_CLASSES[name]}"
    return f"globalDefault of {name} PriorityClass must be false" if obj.get("globalDefault") else ""


def create(obj: Object) -> ErrorList:
    """System names and values are reserved."""
    name, value = obj["metadata"].get("name") or "", obj.get("value") or 0
    errors: ErrorList = []
    if name.startswith("system-"):
        if problem := _system_problem(obj, name):
            errors.append(field.forbidden("metadata.name", _RESERVED + problem))
    elif value > HIGHEST_USER_PRIORITY:
        why = f"maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}"
        errors.append(field.forbidden("value", why))
    policy = obj.get("preemptionPolicy")
    if policy == "":
        return [*errors, field.required("preemptionPolicy")]
    return errors + rules.optional_choice("preemptionPolicy", policy, _POLICIES)


def update(obj: Object, old: Object) -> ErrorList:
    """Value and policy stay."""
    errors: ErrorList = []
    if (obj.get("value") or 0) != (old.get("value") or 0):
        errors.append(field.forbidden("value", "may not be changed in an update."))
    return errors + field.immutable("preemptionPolicy", obj.get("preemptionPolicy"), old.get("preemptionPolicy"))


VALIDATION = Validation(create, update, names.name_is_dns_subdomain)
