"""LimitRanges, whose defaults follow from their bounds, ResourceQuotas and PriorityClasses."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy
from miniapi.strategies.status import drop_status, keep_status


def default_limit_range(obj: Object) -> None:
    """SetDefaults_LimitRangeItem: max -> default -> defaultRequest <- min, for containers."""
    for limit in (obj.get("spec") or {}).get("limits") or ():
        if limit.get("type") != "Container":
            continue
        limits = {**(limit.get("max") or {}), **(limit.get("default") or {})}
        requests = {**(limit.get("min") or {}), **limits, **(limit.get("defaultRequest") or {})}
        if limits:
            limit["default"] = limits
        if requests:
            limit["defaultRequest"] = requests


def default_priority_class(obj: Object) -> None:
    """It preempts."""
    if obj.get("preemptionPolicy") is None:
        obj["preemptionPolicy"] = "PreemptLowerPriority"


LIMIT_RANGE = Strategy(default=default_limit_range, allow_create_on_update=True)
QUOTA = Strategy(prepare_create=drop_status, prepare_update=keep_status, deletes_to_status=False)
PRIORITY_CLASS = Strategy(
    default=default_priority_class,
    tracks_generation=True,
    generation_of=lambda obj: (obj.get("value"), obj.get("preemptionPolicy")),
)
