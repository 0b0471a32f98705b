"""What eviction and the disruption controller share (component-helpers/apps/poddisruptionbudget)."""

from __future__ import annotations

from miniapi.meta.objects import Object

DISRUPTION_ALLOWED = "DisruptionAllowed"
SYNC_FAILED, SUFFICIENT, INSUFFICIENT = "SyncFailed", "SufficientPods", "InsufficientPods"


def is_ready(pod: Object) -> bool:
    """Whether the pod's Ready condition is True."""
    condition = condition_of(pod.get("status") or {}, "Ready")
    return condition is not None and condition.get("status") == "True"


def condition_of(status: Object, kind: str) -> Object | None:
    """The condition of a type."""
    return next((c for c in status.get("conditions") or () if c.get("type") == kind), None)


def update_disruption_allowed(budget: Object, now: str) -> None:
    """Sets the DisruptionAllowed condition by status.disruptionsAllowed; its time moves where it turns."""
    status = budget["status"]
    allowed = status.get("disruptionsAllowed", 0) > 0
    condition = {
        "type": DISRUPTION_ALLOWED,
        "status": "True" if allowed else "False",
        "observedGeneration": status.get("observedGeneration", 0),
        "lastTransitionTime": now,
        "reason": SUFFICIENT if allowed else INSUFFICIENT,
        "message": "",
    }
    old = condition_of(status, DISRUPTION_ALLOWED)
    if old is not None and old.get("status") == condition["status"]:
        condition["lastTransitionTime"] = old.get("lastTransitionTime", now)
    others = [c for c in status.get("conditions") or () if c.get("type") != DISRUPTION_ALLOWED]
    status["conditions"] = [*others, condition]
