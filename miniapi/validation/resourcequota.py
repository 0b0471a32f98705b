"""ResourceQuotas (core ValidateResourceQuota)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, key
from miniapi.validation.interface import Validation

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_POD_RESOURCES = frozenset({"pods", *_COMPUTE, *(f"{k}.{n}" for k in ("requests", "limits") for n in _COMPUTE)})
_COUNTED = frozenset(
    {
        "requests.storage",
        "services",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    }
)
_SCOPES = (
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
)
_EXISTS_ONLY = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity")
_CLAIM_RESOURCES = ("persistentvolumeclaims", "requests.storage")
_PAIRS = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))


def _is_standard(name: str) -> bool:
    return name in _POD_RESOURCES or name in _COUNTED or name.startswith(("hugepages-", "requests.hugepages-"))


def _fits(scope: str, name: str) -> bool:
    """helper.IsResourceQuotaScopeValidForResource."""
    if scope == "BestEffort":
        return name == "pods"
    if scope == "VolumeAttributesClass":
        return name in _CLAIM_RESOURCES
    if scope in _SCOPES:
        return name in _POD_RESOURCES or name.startswith(("hugepages-", "requests.hugepages-"))
    return True


def _amounts(values: dict[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    for name, value in values.items():
        at = key(path, name)
        errors += rules.resource_name(at, name)
        if "/" not in name and not _is_standard(name):
            errors.append(field.invalid(at, name, "must be a standard resource for quota"))
        errors += rules.resource_amount(at, name, value)
    return errors


def _conflicts(found: set[str], shown: list[str] | None) -> ErrorList:
    return [field.invalid("spec.scopes", shown, "conflicting scopes") for pair in _PAIRS if found.issuperset(pair)]


def _scopes(spec: dict[str, Any]) -> ErrorList:
    scopes, errors = spec.get("scopes") or [], list[field.FieldError]()
    hard = sorted(n for n in spec.get("hard") or () if _is_standard(n))
    for scope in scopes:
        if scope not in _SCOPES:
            errors.append(field.invalid("spec.scopes", scopes, "unsupported scope"))
        why = "unsupported scope applied to resource"
        errors += [field.invalid("spec.scopes", scopes, why) for name in hard if not _fits(scope, name)]
    return errors + _conflicts(set(scopes), scopes)


def _selector(spec: dict[str, Any]) -> ErrorList:
    selector, path = spec.get("scopeSelector"), "spec.scopeSelector.matchExpressions"
    if selector is None:
        return []
    errors: ErrorList = []
    hard = sorted(n for n in spec.get("hard") or () if _is_standard(n))
    shown = {
        "MatchExpressions": [
            {"ScopeName": r.get("scopeName", ""), "Operator": r.get("operator", ""), "Values": r.get("values")}
            for r in selector.get("matchExpressions") or ()
        ]
    }
    found: set[str] = set()
    for requirement in selector.get("matchExpressions") or ():
        scope, operator = requirement.get("scopeName") or "", requirement.get("operator") or ""
        values = requirement.get("values") or []
        found.add(scope)
        if scope not in _SCOPES:
            errors.append(field.invalid(child(path, "scopeName"), scope, "unsupported scope"))
        why = "unsupported scope applied to resource"
        errors += [field.invalid(path, shown, why) for name in hard if not _fits(scope, name)]
        if scope in _EXISTS_ONLY and operator != "Exists":
            why = (
                "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort "
                "or ResourceQuotaScopeCrossNamespacePodAffinity"
            )
            errors.append(field.invalid(child(path, "operator"), operator, why))
        if operator in ("In", "NotIn"):
            if not values:
                why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                errors.append(field.required(child(path, "values"), why))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
                errors.append(field.invalid(child(path, "values"), values, why))
        else:
            errors.append(field.invalid(child(path, "operator"), operator, "not a valid selector operator"))
    return errors + _conflicts(found, spec.get("scopes"))


def _spec(spec: dict[str, Any]) -> ErrorList:
    return _amounts(spec.get("hard") or {}, "spec.hard") + _scopes(spec) + _selector(spec)


def create(obj: Object) -> ErrorList:
    """Standard resources, amounts, scopes that fit them."""
    return _spec(obj.get("spec") or {}) + update_status(obj, obj)


def update(obj: Object, old: Object) -> ErrorList:
    """The scopes stay."""
    new, before = ((o.get("spec") or {}).get("scopes") or [] for o in (obj, old))
    errors = _spec(obj.get("spec") or {})
    if set(new) != set(before):
        errors.append(field.invalid("spec.scopes", new or None, field.IMMUTABLE))
    return errors


def update_status(obj: Object, _old: Object) -> ErrorList:
    """hard and used."""
    status = obj.get("status") or {}
    return _amounts(status.get("hard") or {}, "status.hard") + _amounts(status.get("used") or {}, "status.used")


VALIDATION = Validation(create, update, names.name_is_dns_subdomain)
STATUS = Validation(update=update_status)
