"""LimitRanges, whose defaults follow from their bounds, ResourceQuotas and PriorityClasses."""

from __future__ import annotations

from miniapi.meta import quantity
from miniapi.meta.objects import Object
from miniapi.meta.uid import random_uid
from miniapi.strategies.interface import Strategy, WriteContext
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


_LIMITED = ("cpu", "memory", "storage", "ephemeral-storage")


def quota_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Requests had better not exceed limits."""
    hard = (obj.get("spec") or {}).get("hard") or {}
    found: list[str] = []
    for name in _LIMITED:
        asked, limit = f"requests.{name}", f"limits.{name}"
        if asked not in hard and name in ("cpu", "memory"):
            asked = name
        if asked in hard and limit in hard:
            request, most = (quantity.parse(str(hard[key])) for key in (asked, limit))
            if quantity.compare(request, most) > 0:
                found.append(f"ResourceQuota {asked} ({request}) should be less than {limit} ({most})")
    return found


def create_limit_range(obj: Object, _ctx: WriteContext) -> None:
    """One without a name is given one."""
    if not obj["metadata"].get("name"):
        obj["metadata"]["name"] = random_uid()


LIMIT_RANGE = Strategy(default=default_limit_range, prepare_create=create_limit_range, allow_create_on_update=True)
QUOTA = Strategy(
    prepare_create=drop_status,
    prepare_update=keep_status,
    warnings_create=quota_warnings,
    deletes_to_status=False,
)
_SYSTEM_CLASSES = ("system-node-critical", "system-cluster-critical")
_SYSTEM_CLASS = "this is a system priority class and cannot be deleted"
PRIORITY_CLASS = Strategy(
    default=default_priority_class,
    tracks_generation=True,
    generation_of=lambda obj: (obj.get("value"), obj.get("preemptionPolicy")),
    refuses_deletion=lambda name: _SYSTEM_CLASS if name in _SYSTEM_CLASSES else "",
)
