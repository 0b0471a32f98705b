"""Horizontal pod autoscalers, judged in their v2 form whatever the version (pkg/apis/autoscaling/validation)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import hpa, names, quantity
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation

Part = Mapping[str, Any]
_METRIC_TYPES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_SOURCES = {
    "Object": "object",
    "External": "external",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}
_MAX_PERIOD_SECONDS = 1800
_MAX_WINDOW_SECONDS = 3600


def _v2(obj: Object) -> Object:
    return hpa.to_v2(obj) if obj.get("apiVersion") == "autoscaling/v1" else obj


def _spec(spec: Part) -> ErrorList:
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    errors: ErrorList = []
    if least is not None and least < 1:
        errors.append(field.invalid("spec.minReplicas", least, "must be greater than or equal to 1"))
    if most == 0:
        errors.append(field.required("spec.maxReplicas", "must be set and greater than 0"))
    elif most < 0:
        errors.append(field.invalid("spec.maxReplicas", most, "must be greater than or equal to 1"))
    if least is not None and most < least:
        errors.append(field.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    target = spec.get("scaleTargetRef") or {}
    errors += _reference(target, "spec.scaleTargetRef") + _api_version(target, "spec.scaleTargetRef.apiVersion")
    errors += _metrics(spec, "spec.metrics")
    behavior = spec.get("behavior") or {}
    for side in ("scaleUp", "scaleDown"):
        if behavior.get(side) is not None:
            errors += _scaling_rules(behavior[side], field.child("spec.behavior", side))
    return errors


def _reference(ref: Part, path: str) -> ErrorList:
    errors: ErrorList = []
    for name in ("kind", "name"):
        at = field.child(path, name)
        if value := ref.get(name):
            errors += rules.each(at, value, names.path_segment(value))
        else:
            errors.append(field.required(at))
    return errors


def _api_version(ref: Part, path: str) -> ErrorList:
    value = ref.get("apiVersion") or ""
    if value.count("/") > 1:
        return [field.invalid(path, value, f"unexpected GroupVersion string: {value}")]
    if "/" in value or ref.get("kind") == "ReplicationController":
        return []
    return [field.invalid(path, value, "apiVersion must specify API group")]


def _metrics(spec: Part, path: str) -> ErrorList:
    metrics = spec.get("metrics") or ()
    errors = [e for i, metric in enumerate(metrics) for e in _metric(metric, field.index(path, i))]
    types = {metric.get("type") for metric in metrics}
    if spec.get("minReplicas") == 0 and not types & {"Object", "External"}:
        why = "must specify at least one Object or External metric to support scaling to zero replicas"
        errors.append(field.forbidden(path, why))
    return errors


def _metric(metric: Part, path: str) -> ErrorList:
    kind, at = metric.get("type") or "", field.child(path, "type")
    errors: ErrorList = []
    if not kind:
        errors.append(field.required(at, "must specify a metric source type"))
    if kind not in _METRIC_TYPES:
        errors.append(field.not_supported(at, kind, _METRIC_TYPES))
    given = [key for key in _SOURCES.values() if metric.get(key) is not None]
    if given:
        errors += _source(given[0], metric[given[0]], field.child(path, given[0]))
    expected = _SOURCES.get(kind)
    if expected is None:
        errors.append(field.not_supported(at, kind, _METRIC_TYPES))
    elif expected not in given:
        why = "must populate information for the given metric source"
        errors.append(field.required(field.child(path, expected), why))
    if len(given) != 1:
        why = "must populate the given metric source only"
        errors += [field.forbidden(field.child(path, key), why) for key in given if key != expected]
    return errors


def _source(key: str, source: Part, path: str) -> ErrorList:
    target, at = source.get("target") or {}, field.child(path, "target")
    if key in ("resource", "containerResource"):
        return _resource(key, source, path)
    errors: ErrorList = []
    if key == "object":
        errors += _reference(source.get("describedObject") or {}, field.child(path, "describedObject"))
    name, where = (source.get("metric") or {}).get("name") or "", field.child(path, "metric", "name")
    if name:
        errors += rules.each(where, name, names.path_segment(name))
    else:
        errors.append(field.required(where, "must specify a metric name"))
    errors += _target(target, at)
    whole, average, where = target.get("value"), target.get("averageValue"), field.child(at, "averageValue")
    if key == "pods" and average is None:
        errors.append(field.required(where, "must specify a positive target averageValue"))
    if key == "object" and whole is None and average is None:
        errors.append(field.required(where, "must set either a target value or averageValue"))
    if key == "external":
        if whole is None and average is None:
            errors.append(field.required(where, "must set either a target value for metric or a per-pod target"))
        if whole is not None and average is not None:
            why = "may not set both a target value for metric and a per-pod target"
            errors.append(field.forbidden(field.child(at, "value"), why))
    return errors


def _resource(key: str, source: Part, path: str) -> ErrorList:
    target, at = source.get("target") or {}, field.child(path, "target")
    errors: ErrorList = []
    name = source.get("name") or ""
    if not name:
        errors.append(field.required(field.child(path, "name"), "must specify a resource name"))
    elif key == "containerResource":
        errors += rules.container_resource_name(field.child(path, "name"), name)
    if key == "containerResource":
        container = source.get("container") or ""
        where = field.child(path, "container")
        errors += (
            rules.dns_label(where, container) if container else [field.required(where, "must specify a container")]
        )
    errors += _target(target, at)
    percent, average = target.get("averageUtilization"), target.get("averageValue")
    if percent is None and average is None:
        why = "must set either a target raw value or a target utilization"
        errors.append(field.required(field.child(at, "averageUtilization"), why))
    if percent is not None and average is not None:
        why = "may not set both a target raw value and a target utilization"
        errors.append(field.forbidden(field.child(at, "averageValue"), why))
    return errors


def _target(target: Part, path: str) -> ErrorList:
    kind = target.get("type") or ""
    errors: ErrorList = []
    if not kind:
        errors.append(field.required(field.child(path, "type"), "must specify a metric target type"))
    if kind not in ("Utilization", "Value", "AverageValue"):
        why = "must be either Utilization, Value, or AverageValue"
        errors.append(field.invalid(field.child(path, "type"), kind, why))
    for name in ("value", "averageValue"):
        amount = target.get(name)
        if amount is not None and quantity.sign(rules.amount(amount)) != 1:
            errors.append(field.invalid(field.child(path, name), str(amount), "must be positive"))
    percent = target.get("averageUtilization")
    if percent is not None and percent < 1:
        errors.append(field.invalid(field.child(path, "averageUtilization"), percent, "must be greater than 0"))
    return errors


def _scaling_rules(scaling: Part, path: str) -> ErrorList:
    window, at = scaling.get("stabilizationWindowSeconds"), field.child(path, "stabilizationWindowSeconds")
    errors: ErrorList = []
    if window is not None and window < 0:
        errors.append(field.invalid(at, window, "must be greater than or equal to zero"))
    if window is not None and window > _MAX_WINDOW_SECONDS:
        errors.append(field.invalid(at, window, f"must be less than or equal to {_MAX_WINDOW_SECONDS}"))
    policy = scaling.get("selectPolicy")
    errors += rules.optional_choice(field.child(path, "selectPolicy"), policy, ("Disabled", "Max", "Min"))
    policies, at = scaling.get("policies") or (), field.child(path, "policies")
    if not policies:
        errors.append(field.required(at, "must specify at least one Policy"))
    for i, value in enumerate(policies):
        errors += _scaling_policy(value, field.index(at, i))
    tolerance = scaling.get("tolerance")
    if tolerance is not None and quantity.sign(rules.amount(tolerance)) < 0:
        errors.append(field.invalid(field.child(path, "tolerance"), str(tolerance), rules.NOT_NEGATIVE))
    return errors


def _scaling_policy(policy: Part, path: str) -> ErrorList:
    errors = rules.optional_choice(field.child(path, "type"), policy.get("type") or "", ("Percent", "Pods"))
    for name in ("value", "periodSeconds"):
        if (number := policy.get(name) or 0) <= 0:
            errors.append(field.invalid(field.child(path, name), number, rules.NOT_POSITIVE))
    if (period := policy.get("periodSeconds") or 0) > _MAX_PERIOD_SECONDS:
        why = f"must be less than or equal to {_MAX_PERIOD_SECONDS}"
        errors.append(field.invalid(field.child(path, "periodSeconds"), period, why))
    return errors


def _create(obj: Object) -> ErrorList:
    return _spec(_v2(obj).get("spec") or {})


def _update(obj: Object, _old: Object) -> ErrorList:
    return _create(obj)


def _status_update(obj: Object, _old: Object) -> ErrorList:
    return rules.not_negative_fields(obj.get("status") or {}, "status", "currentReplicas", "desiredReplicas")


HORIZONTAL_POD_AUTOSCALER = Validation(_create, _update, names.name_is_dns_subdomain)
HORIZONTAL_POD_AUTOSCALER_STATUS = Validation(update=_status_update, name=names.name_is_dns_subdomain)
