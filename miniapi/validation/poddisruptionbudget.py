"""Pod disruption budgets (pkg/apis/policy/validation)."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.metadata import conditions
from miniapi.validation.selector import label_selector, shown_selector

_COUNTS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


def _create(obj: Object) -> ErrorList:
    spec = obj.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    errors: ErrorList = []
    if least is not None and most is not None:
        shown = {
            "MinAvailable": least,
            "Selector": shown_selector(spec.get("selector")),
            "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }
        errors.append(field.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"))
    for name, value in (("minAvailable", least), ("maxUnavailable", most)):
        at = field.child("spec", name)
        errors += rules.int_or_percent(at, value) + rules.at_most_100_percent(at, value)
    errors += label_selector(spec.get("selector"), "spec.selector")
    at = "spec.unhealthyPodEvictionPolicy"
    policies = ("AlwaysAllow", "IfHealthyBudget")
    return errors + rules.optional_choice(at, spec.get("unhealthyPodEvictionPolicy"), policies)


def _update(obj: Object, _old: Object) -> ErrorList:
    return _create(obj)


def _status_update(obj: Object, _old: Object) -> ErrorList:
    status = obj.get("status") or {}
    errors = conditions(status.get("conditions") or (), "status.conditions")
    return errors + rules.not_negative_fields(status, "status", *_COUNTS)


POD_DISRUPTION_BUDGET = Validation(
    _create, _update, names.name_is_dns_subdomain, generic_metadata=True, update_metadata=()
)
POD_DISRUPTION_BUDGET_STATUS = Validation(update=_status_update, name=names.name_is_dns_subdomain)
