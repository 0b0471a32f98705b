"""Daemon sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.deployment import (
    collisions_kept,
    selector_kept,
    strategy_shown,
    template_matches,
    workload_selector,
)
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.pod_template import labels_match, pod_template_spec
from miniapi.validation.selector import is_convertible


def _spec(spec: Mapping[str, Any]) -> ErrorList:
    template, at, selector = spec.get("template") or {}, "spec.template", spec.get("selector")
    errors = (
        workload_selector(selector, "spec.selector", "empty selector is invalid for daemonset")
        if selector is not None
        else []
    )
    matched = not is_convertible(selector or {}) or template_matches(spec)
    errors += labels_match(template, at, matched=matched)
    errors += pod_template_spec(template, at)
    pod = template.get("spec") or {}
    if (policy := pod.get("restartPolicy") or "") != "Always":
        errors.append(field.not_supported(field.child(at, "spec", "restartPolicy"), policy, ("Always",)))
    if pod.get("activeDeadlineSeconds") is not None:
        why = "activeDeadlineSeconds in DaemonSet is not Supported"
        errors.append(field.forbidden(field.child(at, "spec", "activeDeadlineSeconds"), why))
    errors += rules.not_negative_fields(spec, "spec", "minReadySeconds")
    errors += _update_strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy")
    return errors + rules.not_negative_fields(spec, "spec", "revisionHistoryLimit")


def _update_strategy(strategy: Mapping[str, Any], path: str) -> ErrorList:
    kind, rolling = strategy.get("type") or "", strategy.get("rollingUpdate")
    if kind == "OnDelete":
        return []
    if kind != "RollingUpdate":
        return [field.not_supported(path, strategy_shown(strategy), ("RollingUpdate", "OnDelete"))]
    at = field.child(path, "rollingUpdate")
    if rolling is None:
        return [field.required(at)]
    unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    most, more = field.child(at, "maxUnavailable"), field.child(at, "maxSurge")
    errors = rules.int_or_percent(most, unavailable) + rules.at_most_100_percent(most, unavailable)
    errors += rules.int_or_percent(more, surge) + rules.at_most_100_percent(more, surge)
    has_surge, has_unavailable = rules.share_or_count(surge) != 0, rules.share_or_count(unavailable) != 0
    if has_surge and has_unavailable:
        errors.append(field.invalid(more, surge, "may not be set when maxUnavailable is non-zero"))
    elif not has_surge and not has_unavailable:
        errors.append(field.required(most, "cannot be 0 when maxSurge is 0"))
    return errors


def _create(obj: Object) -> ErrorList:
    return _spec(obj.get("spec") or {})


def _update(obj: Object, old: Object) -> ErrorList:
    return selector_kept(obj, old) + _create(obj)


def _status_update(obj: Object, old: Object) -> ErrorList:
    errors = rules.not_negative_fields(
        obj.get("status") or {}, "status", "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled",
        "numberReady", "observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable",
        "collisionCount",
    )  # fmt: skip
    return errors + collisions_kept(obj, old)


DAEMON_SET = Validation(_create, _update, names.name_is_dns_subdomain)
DAEMON_SET_STATUS = Validation(update=_status_update, name=names.name_is_dns_subdomain)
