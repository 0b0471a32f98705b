"""Deployments, and what replica sets share with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.pod_template import labels_match, pod_template_spec, restart_always
from miniapi.validation.selector import is_convertible, label_selector, matches, shown_selector

Spec = Mapping[str, Any]


def replicated_template(
    spec: Spec, path: str, empty_is: str, not_convertible: str = "invalid label selector"
) -> ErrorList:
    """A workload's selector and its template, which must match; `empty_is` complains of an empty selector."""
    selector, at = spec.get("selector"), field.child(path, "selector")
    errors = workload_selector(selector, at, empty_is)
    if not is_convertible(selector or {}):
        return [*errors, field.invalid(at, shown_selector(selector), not_convertible)]
    return errors + _template(spec, path)


def workload_selector(selector: Spec | None, path: str, empty_is: str) -> ErrorList:
    """Required, well formed, not empty."""
    if selector is None:
        return [field.required(path)]
    errors = label_selector(selector, path)
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        errors.append(field.invalid(path, shown_selector(selector), empty_is))
    return errors


def template_matches(spec: Spec) -> bool:
    """Whether the template's labels meet the selector; an empty selector meets all, a missing one nothing."""
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    return matches(spec.get("selector"), labels)


def _template(spec: Spec, path: str) -> ErrorList:
    """ValidatePodTemplateSpecForReplicaSet."""
    template, at = spec.get("template") or {}, field.child(path, "template")
    errors = labels_match(template, at, matched=template_matches(spec))
    errors += pod_template_spec(template, at)
    return errors + restart_always(template.get("spec") or {}, at)


def _spec(spec: Spec) -> ErrorList:
    errors = rules.not_negative("spec.replicas", spec.get("replicas"))
    errors += replicated_template(spec, "spec", "empty selector is invalid for deployment")
    errors += _strategy(spec.get("strategy") or {}, "spec.strategy")
    errors += rules.not_negative_fields(spec, "spec", "minReadySeconds", "revisionHistoryLimit")
    deadline, at = spec.get("progressDeadlineSeconds"), "spec.progressDeadlineSeconds"
    errors += rules.not_negative(at, deadline)
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        errors.append(field.invalid(at, deadline, "must be greater than minReadySeconds"))
    return errors


def _strategy(strategy: Spec, path: str) -> ErrorList:
    kind, rolling = strategy.get("type") or "", strategy.get("rollingUpdate")
    at = field.child(path, "rollingUpdate")
    if kind == "Recreate":
        if rolling is None:
            return []
        return [field.forbidden(at, "may not be specified when strategy `type` is 'Recreate'")]
    if kind != "RollingUpdate":
        return [field.not_supported(path, strategy_shown(strategy), ("Recreate", "RollingUpdate"))]
    if rolling is None:
        return [field.required(at, "this should be defaulted and never be nil")]
    return _rolling_update(rolling, at)


def strategy_shown(strategy: Spec) -> dict[str, Any]:
    """An update strategy as the internal type shows it."""
    rolling = strategy.get("rollingUpdate")
    parts = (("MaxUnavailable", "maxUnavailable"), ("MaxSurge", "maxSurge"))
    shown = None if rolling is None else {name: rolling.get(key) or 0 for name, key in parts}
    return {"Type": strategy.get("type") or "", "RollingUpdate": shown}


def _rolling_update(rolling: Spec, path: str) -> ErrorList:
    unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    at = field.child(path, "maxUnavailable")
    errors = rules.int_or_percent(at, unavailable)
    errors += rules.int_or_percent(field.child(path, "maxSurge"), surge)
    if rules.share_or_count(unavailable) == 0 and rules.share_or_count(surge) == 0:
        errors.append(field.invalid(at, unavailable, "may not be 0 when `maxSurge` is 0"))
    return errors + rules.at_most_100_percent(at, unavailable)


def _create(obj: Object) -> ErrorList:
    return _spec(obj.get("spec") or {})


def selector_kept(obj: Object, old: Object) -> ErrorList:
    """The selector of apps/v1 workloads never changes."""
    new, before = (obj.get("spec") or {}).get("selector"), (old.get("spec") or {}).get("selector")
    return [] if new == before else [field.invalid("spec.selector", shown_selector(new), field.IMMUTABLE)]


def _update(obj: Object, old: Object) -> ErrorList:
    return _create(obj) + selector_kept(obj, old)


def replica_counts(status: Spec, path: str, *fields: str, ready_at: str = "readyReplicas") -> ErrorList:
    """Counts that exceed status.replicas, and available ones that exceed the ready ones."""
    total, ready = status.get("replicas") or 0, status.get("readyReplicas") or 0
    errors: ErrorList = []
    for name in fields:
        count = status.get(name) or 0
        if count > total:
            errors.append(field.invalid(field.child(path, name), count, "cannot be greater than status.replicas"))
    available = status.get("availableReplicas") or 0
    if available > ready:
        why = f"cannot be greater than {ready_at}"
        errors.append(field.invalid(field.child(path, "availableReplicas"), available, why))
    return errors


def collisions_kept(obj: Object, old: Object) -> ErrorList:
    """status.collisionCount only rises."""
    count, before = (obj.get("status") or {}).get("collisionCount"), (old.get("status") or {}).get("collisionCount")
    if not rules.decremented(count, before):
        return []
    return [field.invalid("status.collisionCount", count or 0, "cannot be decremented")]


def _status_update(obj: Object, old: Object) -> ErrorList:
    status = obj.get("status") or {}
    errors = rules.not_negative_fields(
        status, "status", "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
        "unavailableReplicas", "terminatingReplicas", "collisionCount",
    )  # fmt: skip
    errors += replica_counts(status, "status", "updatedReplicas", "readyReplicas", "availableReplicas")
    return errors + collisions_kept(obj, old)


DEPLOYMENT = Validation(_create, _update, names.name_is_dns_subdomain)
DEPLOYMENT_STATUS = Validation(update=_status_update, name=names.name_is_dns_subdomain)
