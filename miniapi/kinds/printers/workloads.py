"""Cells of what runs pods: apps, batch, autoscaling, disruption budgets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from miniapi.kinds.printers.cells import (
    NONE,
    UNKNOWN,
    UNSET,
    Row,
    age,
    containers,
    human_duration,
    label_text,
    name,
    parse_time,
    selector_text,
    since,
    spec,
    status,
    template,
)
from miniapi.meta.objects import Object


def deployment(obj: Object, now: datetime) -> Row:
    """printDeployment."""
    found = status(obj)
    return [
        name(obj),
        f"{found.get('readyReplicas', 0)}/{spec(obj).get('replicas', 0)}",
        found.get("updatedReplicas", 0),
        found.get("availableReplicas", 0),
        age(obj, now),
        *template(obj),
        selector_text(spec(obj).get("selector")),
    ]


def replica_set(obj: Object, now: datetime) -> Row:
    """printReplicaSet."""
    return [*_replicas(obj, now), *template(obj), selector_text(spec(obj).get("selector"))]


def replication_controller(obj: Object, now: datetime) -> Row:
    """printReplicationController."""
    return [*_replicas(obj, now), *template(obj), label_text(spec(obj).get("selector"))]


def _replicas(obj: Object, now: datetime) -> Row:
    found = status(obj)
    return [
        name(obj),
        spec(obj).get("replicas", 0),
        found.get("replicas", 0),
        found.get("readyReplicas", 0),
        age(obj, now),
    ]


def stateful_set(obj: Object, now: datetime) -> Row:
    """printStatefulSet."""
    return [
        name(obj),
        f"{status(obj).get('readyReplicas', 0)}/{spec(obj).get('replicas', 0)}",
        age(obj, now),
        *template(obj),
    ]


def daemon_set(obj: Object, now: datetime) -> Row:
    """printDaemonSet."""
    found = status(obj)
    return [
        name(obj),
        found.get("desiredNumberScheduled", 0),
        found.get("currentNumberScheduled", 0),
        found.get("numberReady", 0),
        found.get("updatedNumberScheduled", 0),
        found.get("numberAvailable", 0),
        label_text(((spec(obj).get("template") or {}).get("spec") or {}).get("nodeSelector")),
        age(obj, now),
        *template(obj),
        selector_text(spec(obj).get("selector")),
    ]


def controller_revision(obj: Object, now: datetime) -> Row:
    """printControllerRevision."""
    owner = next((o for o in obj["metadata"].get("ownerReferences") or [] if o.get("controller")), None)
    shown = NONE
    if owner is not None:
        group = owner["apiVersion"].split("/")[0] if "/" in owner["apiVersion"] else ""
        kind = owner["kind"].lower()
        shown = f"{kind}.{group}/{owner['name']}" if group else f"{kind}/{owner['name']}"
    return [name(obj), shown, obj.get("revision", 0), age(obj, now)]


def pod_template(obj: Object, _now: datetime) -> Row:
    """printPodTemplate."""
    body = obj.get("template") or {}
    return [name(obj), *containers(body.get("spec") or {}), label_text((body.get("metadata") or {}).get("labels"))]


def job(obj: Object, now: datetime) -> Row:
    """printJob."""
    wanted, found = spec(obj), status(obj)
    parallelism, completions = wanted.get("parallelism"), wanted.get("completions")
    succeeded = found.get("succeeded", 0)
    if completions is not None:
        shown = f"{succeeded}/{completions}"
    elif parallelism is not None and parallelism > 1:
        shown = f"{succeeded}/1 of {parallelism}"
    else:
        shown = f"{succeeded}/1"
    took = ""
    if found.get("startTime"):
        end = parse_time(found["completionTime"]) if found.get("completionTime") else now
        took = human_duration((end - parse_time(found["startTime"])).total_seconds())
    true = {c.get("type") for c in found.get("conditions") or [] if c.get("status") == "True"}
    state = "Running"
    for of_type, text in (
        ("Complete", "Complete"),
        ("Failed", "Failed"),
    ):
        if of_type in true:
            state = text
            break
    else:
        if obj["metadata"].get("deletionTimestamp"):
            state = "Terminating"
        elif "Suspended" in true:
            state = "Suspended"
        elif "FailureTarget" in true:
            state = "FailureTarget"
        elif "SuccessCriteriaMet" in true:
            state = "SuccessCriteriaMet"
    return [name(obj), state, shown, took, age(obj, now), *template(obj), selector_text(wanted.get("selector"))]


def cron_job(obj: Object, now: datetime) -> Row:
    """printCronJob."""
    wanted, found = spec(obj), status(obj)
    inner = (wanted.get("jobTemplate") or {}).get("spec") or {}
    last = found.get("lastScheduleTime")
    return [
        name(obj),
        wanted.get("schedule", ""),
        wanted.get("timeZone") or NONE,
        "True" if wanted.get("suspend") else "False",
        len(found.get("active") or []),
        since(last, now) if last else NONE,
        age(obj, now),
        *containers((inner.get("template") or {}).get("spec") or {}),
        selector_text(inner.get("selector")),
    ]


def disruption_budget(obj: Object, now: datetime) -> Row:
    """printPodDisruptionBudget."""
    wanted = spec(obj)
    return [
        name(obj),
        str(wanted["minAvailable"]) if "minAvailable" in wanted else "N/A",
        str(wanted["maxUnavailable"]) if "maxUnavailable" in wanted else "N/A",
        status(obj).get("disruptionsAllowed", 0),
        age(obj, now),
    ]


MAX_METRICS = 2


def autoscaler(obj: Object, now: datetime) -> Row:
    """printHorizontalPodAutoscaler, of autoscaling/v2 (v1 objects are shown in that form too)."""
    wanted, found = spec(obj), status(obj)
    target = wanted.get("scaleTargetRef") or {}
    specs = wanted.get("metrics") or []
    current = found.get("currentMetrics") or []
    if "targetCPUUtilizationPercentage" in wanted:
        seen = found.get("currentCPUUtilizationPercentage")
        shown = [f"cpu: {f'{seen}%' if seen is not None else UNKNOWN}/{wanted['targetCPUUtilizationPercentage']}%"]
    else:
        shown = [_metric(m, current[i] if i < len(current) else {}) for i, m in enumerate(specs)]
    targets = ", ".join(shown[:MAX_METRICS]) if shown else NONE
    if len(shown) > MAX_METRICS:
        targets += f" + {len(shown) - MAX_METRICS} more..."
    return [
        name(obj),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        targets,
        str(wanted["minReplicas"]) if wanted.get("minReplicas") is not None else UNSET,
        wanted.get("maxReplicas", 0),
        found.get("currentReplicas", 0),
        age(obj, now),
    ]


_FIELDS = {
    "External": "external",
    "Pods": "pods",
    "Object": "object",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}


def _metric(metric: dict[str, Any], current: dict[str, Any]) -> str:
    of_type = metric.get("type", "")
    field = _FIELDS.get(of_type)
    if field is None:
        return "<unknown type>"
    body = metric.get(field) or {}
    target = body.get("target") or {}
    seen = (current.get(field) or {}).get("current") or {}
    prefix = f"{body.get('name', '')}: " if field in ("resource", "containerResource") else ""
    if target.get("averageUtilization") is not None and prefix:
        now = f"{seen['averageUtilization']}%" if seen.get("averageUtilization") is not None else UNKNOWN
        return f"{prefix}{now}/{target['averageUtilization']}%"
    if target.get("averageValue") is not None:
        average = " (avg)" if field in ("external", "object") else ""
        return f"{prefix}{seen.get('averageValue', UNKNOWN)}/{target['averageValue']}{average}"
    return f"{prefix}{seen.get('value', UNKNOWN)}/{target.get('value', UNKNOWN)}"
