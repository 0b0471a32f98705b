"""Horizontal pod autoscalers, in v1 and v2 (pkg/apis/autoscaling/{v1,v2}/defaults.go)."""

from __future__ import annotations

from typing import Any, Final

from miniapi.meta import hpa
from miniapi.meta.objects import Object, copy
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import keep_spec, keep_status

Fields = dict[str, Any]
_PERCENT: Final = {"type": "Percent", "value": 100, "periodSeconds": 15}
_PODS: Final = {"type": "Pods", "value": 4, "periodSeconds": 15}


def _is_v1(obj: Object) -> bool:
    return obj.get("apiVersion") == "autoscaling/v1"


def _default(obj: Object) -> None:
    hpa.drop_annotations(obj, readable=not _is_v1(obj))
    if _is_v1(obj):
        hpa.annotate_current(obj)
    spec: Fields = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if _is_v1(obj):
        if not hpa.has_metrics(obj):
            spec.setdefault("targetCPUUtilizationPercentage", hpa.DEFAULT_CPU_PERCENT)
        return
    if not spec.get("metrics"):
        spec["metrics"] = [hpa.cpu_metric(hpa.DEFAULT_CPU_PERCENT)]
    behavior = spec.get("behavior")
    if behavior is not None:
        up: Fields = behavior.setdefault("scaleUp", {})
        up.setdefault("selectPolicy", "Max")
        up.setdefault("stabilizationWindowSeconds", 0)
        up.setdefault("policies", [dict(_PODS), dict(_PERCENT)])
        down: Fields = behavior.setdefault("scaleDown", {})
        down.setdefault("selectPolicy", "Max")
        down.setdefault("policies", [dict(_PERCENT)])


def _create(obj: Object, _ctx: WriteContext) -> None:
    if _is_v1(obj):
        obj["status"] = {"currentReplicas": 0, "desiredReplicas": 0}
        _drop_status_annotations(obj)
    else:
        obj["status"] = {"currentMetrics": None, "desiredReplicas": 0}


def _drop_status_annotations(obj: Object) -> None:
    annotations = obj["metadata"].get("annotations") or {}
    kept = {k: v for k, v in annotations.items() if k not in (hpa.STATUSES, hpa.CONDITIONS)}
    if len(kept) == len(annotations):
        return
    if kept:
        obj["metadata"]["annotations"] = kept
    else:
        obj["metadata"].pop("annotations")


def _update(obj: Object, old: Object, ctx: WriteContext) -> None:
    keep_status(obj, old, ctx)
    if _is_v1(obj):
        _keep_annotations(obj, old, (hpa.STATUSES, hpa.CONDITIONS))


def _update_status(obj: Object, old: Object, ctx: WriteContext) -> None:
    keep_spec(obj, old, ctx)
    if _is_v1(obj):
        _keep_annotations(obj, old, (hpa.METRICS, hpa.BEHAVIOR))


def _keep_annotations(obj: Object, old: Object, keys: tuple[str, ...]) -> None:
    """In v1 parts of spec and status stand in annotations: they are kept with the part that they belong to."""
    annotations = copy(obj["metadata"].get("annotations") or {})
    before = old["metadata"].get("annotations") or {}
    for key in keys:
        annotations.pop(key, None)
        if key in before:
            annotations[key] = before[key]
    if annotations:
        obj["metadata"]["annotations"] = annotations
    else:
        obj["metadata"].pop("annotations", None)


HORIZONTAL_POD_AUTOSCALER = Strategy(default=_default, prepare_create=_create, prepare_update=_update)
HORIZONTAL_POD_AUTOSCALER_STATUS = Strategy(
    default=_default, prepare_update=_update_status, reset_fields=frozenset({"spec"})
)
