"""HorizontalPodAutoscaler between autoscaling/v1 and v2 (pkg/apis/autoscaling/v1 conversion).

What v1 has no field for stands in annotations: metrics besides the CPU utilisation, the state of all
metrics, conditions, and the behavior.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from miniapi.meta.objects import Object

METRICS: Final = "autoscaling.alpha.kubernetes.io/metrics"
STATUSES: Final = "autoscaling.alpha.kubernetes.io/current-metrics"
CONDITIONS: Final = "autoscaling.alpha.kubernetes.io/conditions"
BEHAVIOR: Final = "autoscaling.alpha.kubernetes.io/behavior"
ANNOTATIONS: Final = (METRICS, STATUSES, CONDITIONS, BEHAVIOR)
DEFAULT_CPU_PERCENT: Final = 80

Fields = Mapping[str, Any]
_BEHAVIOR_NAMES: Final = {
    "scaleUp": "ScaleUp",
    "scaleDown": "ScaleDown",
    "stabilizationWindowSeconds": "StabilizationWindowSeconds",
    "selectPolicy": "SelectPolicy",
    "policies": "Policies",
    "tolerance": "Tolerance",
    "type": "Type",
    "value": "Value",
    "periodSeconds": "PeriodSeconds",
}
_RULE_FIELDS: Final = ("stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance")


def cpu_metric(percent: int) -> dict[str, Any]:
    """The v2 metric that v1's targetCPUUtilizationPercentage stands for."""
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def has_metrics(obj: Object) -> bool:
    """Whether a v1 object's annotations name metrics."""
    return bool(_read(obj, METRICS))


def to_v2(obj: Object) -> Object:
    """A v1 object as v2."""
    meta = dict(obj.get("metadata") or {})
    kept = {k: v for k, v in (meta.pop("annotations", None) or {}).items() if k not in ANNOTATIONS}
    if kept:
        meta["annotations"] = kept
    old_spec, old_status = obj.get("spec") or {}, obj.get("status") or {}
    spec = {k: v for k, v in old_spec.items() if k != "targetCPUUtilizationPercentage"}
    metrics = [_metric_to_v2(m) for m in _read(obj, METRICS) or ()]
    percent = old_spec.get("targetCPUUtilizationPercentage")
    if percent is not None:
        metrics.append(cpu_metric(percent))
    if metrics:
        spec["metrics"] = metrics
    behavior = _read(obj, BEHAVIOR)
    if isinstance(behavior, dict):
        spec["behavior"] = _behavior_to_v2(behavior)
    status: dict[str, Any] = {k: v for k, v in old_status.items() if k != "currentCPUUtilizationPercentage"}
    if not status.get("currentReplicas"):
        status.pop("currentReplicas", None)
    current = [_status_to_v2(m) for m in _read(obj, STATUSES) or ()]
    if (used := old_status.get("currentCPUUtilizationPercentage")) is not None and not _has_cpu(current):
        current.append({"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": used}}})
    status["currentMetrics"] = current or None
    if conditions := _read(obj, CONDITIONS):
        status["conditions"] = conditions
    status.setdefault("desiredReplicas", 0)
    return {**obj, "apiVersion": "autoscaling/v2", "metadata": meta, "spec": spec, "status": status}


def from_v2(obj: Object) -> Object:
    """A v2 object as v1."""
    meta = dict(obj.get("metadata") or {})
    old_spec, old_status = obj.get("spec") or {}, obj.get("status") or {}
    spec = {k: v for k, v in old_spec.items() if k not in ("metrics", "behavior")}
    status = {k: v for k, v in old_status.items() if k not in ("currentMetrics", "conditions")}
    status.setdefault("currentReplicas", 0)
    written: dict[str, str] = {}
    others: list[dict[str, Any]] = []
    for metric in old_spec.get("metrics") or ():
        percent = _cpu_percent(metric)
        if percent is not None and "targetCPUUtilizationPercentage" not in spec:
            spec["targetCPUUtilizationPercentage"] = percent
        else:
            others.append(_metric_to_v1(metric))
    if others:
        written[METRICS] = _json(others)
    current = old_status.get("currentMetrics") or ()
    for metric in current:
        resource = metric.get("resource") or {}
        used = (resource.get("current") or {}).get("averageUtilization")
        if resource.get("name") == "cpu" and used is not None:
            status["currentCPUUtilizationPercentage"] = used
    if current:
        written[STATUSES] = _json([_status_to_v1(m) for m in current])
    if conditions := old_status.get("conditions"):
        names = ("type", "status", "lastTransitionTime", "reason", "message")
        written[CONDITIONS] = _json([{n: c[n] for n in names if n in c} for c in conditions])
    if (behavior := old_spec.get("behavior")) is not None:
        written[BEHAVIOR] = _json(_behavior_to_v1(behavior))
    if written:
        meta["annotations"] = {**(meta.get("annotations") or {}), **written}
    return {**obj, "apiVersion": "autoscaling/v1", "metadata": meta, "spec": spec, "status": status}


def annotate_current(obj: Object) -> None:
    """The use of CPU that a v1 object tells stands in its annotation too, as where the object is read; in place."""
    used = (obj.get("status") or {}).get("currentCPUUtilizationPercentage")
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    if used is not None and STATUSES not in annotations:
        current = {"name": "cpu", "currentAverageUtilization": used, "currentAverageValue": "0"}
        told = _json([{"type": "Resource", "resource": current}])
        obj.setdefault("metadata", {})["annotations"] = {**annotations, STATUSES: told}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def drop_annotations(obj: Object, *, readable: bool) -> None:
    """Takes the annotations that mean parts of a spec or status off the object, in place.

    `readable`: also those that can be read; v1 keeps them.
    """
    annotations = (obj.get("metadata") or {}).get("annotations")
    if not annotations:
        return
    for key in ANNOTATIONS:
        if key in annotations and (readable or _read(obj, key) is None):
            del annotations[key]
    if not annotations:
        del obj["metadata"]["annotations"]


def _read(obj: Object, key: str) -> Any:
    """The JSON in an annotation; None where there is none or it cannot be read."""
    text = ((obj.get("metadata") or {}).get("annotations") or {}).get(key)
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _cpu_percent(metric: Fields) -> int | None:
    resource = metric.get("resource") or {}
    if metric.get("type") != "Resource" or resource.get("name") != "cpu":
        return None
    percent: int | None = (resource.get("target") or {}).get("averageUtilization")
    return percent


def _has_cpu(metrics: list[dict[str, Any]]) -> bool:
    return any((m.get("resource") or {}).get("name") == "cpu" for m in metrics)


def _target(kind: str, **values: Any) -> dict[str, Any]:
    return {"type": kind, **{k: v for k, v in values.items() if v is not None}}


def _identifier(source: Fields, selector: str) -> dict[str, Any]:
    metric: dict[str, Any] = {"name": source.get("metricName") or ""}
    if source.get(selector) is not None:
        metric["selector"] = source[selector]
    return metric


def _metric_to_v2(metric: Fields) -> dict[str, Any]:
    out: dict[str, Any] = {"type": metric.get("type") or ""}
    for key in ("resource", "containerResource"):
        if (source := metric.get(key)) is not None:
            percent, amount = source.get("targetAverageUtilization"), source.get("targetAverageValue")
            kind = "Utilization" if percent is not None else "AverageValue"
            kept = {k: source[k] for k in ("name", "container") if k in source}
            out[key] = {**kept, "target": _target(kind, averageUtilization=percent, averageValue=amount)}
    if (source := metric.get("pods")) is not None:
        target = _target("AverageValue", averageValue=source.get("targetAverageValue"))
        out["pods"] = {"metric": _identifier(source, "selector"), "target": target}
    if (source := metric.get("object")) is not None:
        average = source.get("averageValue")
        target = _target(
            "Value" if average is None else "AverageValue",
            value=source.get("targetValue") if average is None else None,
            averageValue=average,
        )
        described = source.get("target") or {}
        out["object"] = {"metric": _identifier(source, "selector"), "target": target, "describedObject": described}
    if (source := metric.get("external")) is not None:
        total = source.get("targetValue")
        kind = "Value" if total is not None else "AverageValue"
        target = _target(kind, value=total, averageValue=source.get("targetAverageValue"))
        out["external"] = {"metric": _identifier(source, "metricSelector"), "target": target}
    return out


def _set(**values: Any) -> dict[str, Any]:
    return {k: v for k, v in values.items() if v is not None}


def _metric_to_v1(metric: Fields) -> dict[str, Any]:
    out: dict[str, Any] = {"type": metric.get("type") or ""}
    if (source := metric.get("object")) is not None:
        target, identifier = source.get("target") or {}, source.get("metric") or {}
        out["object"] = {
            "target": source.get("describedObject") or {},
            "metricName": identifier.get("name") or "",
            "targetValue": target.get("value", "0"),
            **_set(selector=identifier.get("selector"), averageValue=target.get("averageValue")),
        }
    if (source := metric.get("pods")) is not None:
        target, identifier = source.get("target") or {}, source.get("metric") or {}
        out["pods"] = {
            "metricName": identifier.get("name") or "",
            "targetAverageValue": target.get("averageValue", "0"),
            **_set(selector=identifier.get("selector")),
        }
    for key in ("resource", "containerResource"):
        if (source := metric.get(key)) is not None:
            target = source.get("target") or {}
            out[key] = {
                "name": source.get("name") or "",
                **_set(
                    targetAverageUtilization=target.get("averageUtilization"),
                    targetAverageValue=target.get("averageValue"),
                    container=source.get("container"),
                ),
            }
    if (source := metric.get("external")) is not None:
        target, identifier = source.get("target") or {}, source.get("metric") or {}
        out["external"] = {
            "metricName": identifier.get("name") or "",
            **_set(
                metricSelector=identifier.get("selector"),
                targetValue=target.get("value"),
                targetAverageValue=target.get("averageValue"),
            ),
        }
    return out


_AVERAGES = {"object": "averageValue", "external": "currentAverageValue"}
_SELECTORS = {"external": "metricSelector"}
"""What v1 calls parts of a metric's status."""


def _status_to_v1(metric: Fields) -> dict[str, Any]:
    out: dict[str, Any] = {"type": metric.get("type") or ""}
    for key in ("resource", "containerResource"):
        if (source := metric.get(key)) is not None:
            current = source.get("current") or {}
            out[key] = {
                "name": source.get("name") or "",
                **_set(currentAverageUtilization=current.get("averageUtilization")),
                "currentAverageValue": current.get("averageValue", "0"),
                **_set(container=source.get("container")),
            }
    for key in ("pods", "object", "external"):
        if (source := metric.get(key)) is None:
            continue
        current, identifier = source.get("current") or {}, source.get("metric") or {}
        out[key] = {
            **({"target": source.get("describedObject") or {}} if key == "object" else {}),
            "metricName": identifier.get("name") or "",
            **({"currentValue": current.get("value", "0")} if key != "pods" else {}),
            **({"currentAverageValue": current.get("averageValue", "0")} if key == "pods" else {}),
            **_set(**{_SELECTORS.get(key, "selector"): identifier.get("selector")}),
            **(_set(**{_AVERAGES[key]: current.get("averageValue")}) if key in _AVERAGES else {}),
        }
    return out


def _status_to_v2(metric: Fields) -> dict[str, Any]:
    out: dict[str, Any] = {"type": metric.get("type") or ""}
    for key in ("resource", "containerResource"):
        if (source := metric.get(key)) is not None:
            current = _set(
                averageUtilization=source.get("currentAverageUtilization"),
                averageValue=source.get("currentAverageValue"),
            )
            out[key] = {**_set(name=source.get("name"), container=source.get("container")), "current": current}
    for key in ("pods", "object", "external"):
        if (source := metric.get(key)) is None:
            continue
        average = source.get(_AVERAGES.get(key, "currentAverageValue"))
        current = _set(value=source.get("currentValue"), averageValue=average)
        out[key] = {"metric": _identifier(source, _SELECTORS.get(key, "selector")), "current": current}
        if key == "object":
            out[key]["describedObject"] = source.get("target") or {}
    return out


def _behavior_to_v1(behavior: Fields) -> dict[str, Any]:
    return {_BEHAVIOR_NAMES[side]: _rules_to_v1(behavior.get(side)) for side in ("scaleUp", "scaleDown")}


def _rules_to_v1(rules: Fields | None) -> dict[str, Any] | None:
    if rules is None:
        return None
    shown = {_BEHAVIOR_NAMES[name]: rules.get(name) for name in _RULE_FIELDS}
    if rules.get("policies"):
        fields = ("type", "value", "periodSeconds")
        shown["Policies"] = [{_BEHAVIOR_NAMES[n]: policy.get(n) for n in fields} for policy in rules["policies"]]
    return shown


def _behavior_to_v2(behavior: Fields) -> dict[str, Any]:
    """Field names are matched without regard to case, as Go's decoder does."""
    known = {name.lower(): name for name in _BEHAVIOR_NAMES}

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            pairs = ((known.get(k.lower()), v) for k, v in value.items() if v is not None)
            return {k: renamed(v) for k, v in pairs if k is not None}
        return [renamed(v) for v in value] if isinstance(value, list) else value

    out: dict[str, Any] = renamed(behavior)
    return out
