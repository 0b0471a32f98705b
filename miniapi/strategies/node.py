"""Nodes: pod CIDRs in both forms, what is allocatable."""

from __future__ import annotations

from miniapi.meta.objects import Object, copy
from miniapi.strategies.interface import Strategy
from miniapi.strategies.status import keep_spec, keep_status


def default(obj: Object) -> None:
    """allocatable follows capacity; podCIDR and podCIDRs say the same."""
    status, spec = obj.get("status") or {}, obj.get("spec") or {}
    if status.get("capacity") and status.get("allocatable") is None:
        status["allocatable"] = copy(status["capacity"])
    if spec.get("podCIDR") and not spec.get("podCIDRs"):
        spec["podCIDRs"] = [spec["podCIDR"]]
    elif spec.get("podCIDRs"):
        spec["podCIDR"] = spec["podCIDRs"][0]


def _unschedulable(obj: Object) -> str:
    return "true" if (obj.get("spec") or {}).get("unschedulable") else "false"


STRATEGY = Strategy(
    default=default, prepare_update=keep_status, selectable_fields={"spec.unschedulable": _unschedulable}
)
STATUS = Strategy(default=default, prepare_update=keep_spec, reset_fields=frozenset({"spec"}))
