"""Pods' cells: the status that `kubectl get pods` shows is worked out here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from miniapi.kinds.printers.cells import NONE, Row, age, condition, human_duration, name, parse_time, spec, status
from miniapi.meta.objects import Object


def pod(obj: Object, now: datetime) -> Row:
    """pkg/printers/internalversion printPod."""
    found, wanted = status(obj), spec(obj)
    total = len(wanted.get("containers") or [])
    sidecars = {c["name"]: c for c in wanted.get("initContainers") or [] if c.get("restartPolicy") == "Always"}
    total += len(sidecars)
    reason = found.get("reason") or found.get("phase") or ""
    for entry in found.get("conditions") or []:
        if entry.get("type") == "PodScheduled" and entry.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    restarts = ready = sidecar_restarts = 0
    last: datetime | None = None
    sidecar_last: datetime | None = None
    initializing = False
    statuses = found.get("initContainerStatuses") or []
    for position, entry in enumerate(statuses):
        restarts += entry.get("restartCount", 0)
        last = _later(last, entry)
        is_sidecar = entry.get("name") in sidecars
        if is_sidecar:
            sidecar_restarts += entry.get("restartCount", 0)
            sidecar_last = _later(sidecar_last, entry)
        state = entry.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting")
        if terminated and terminated.get("exitCode", 0) == 0:
            continue
        if is_sidecar and entry.get("started"):
            if entry.get("ready"):
                ready += 1
            continue
        if terminated:
            reason = "Init:" + (terminated.get("reason") or _exit(terminated))
        elif waiting and waiting.get("reason") and waiting["reason"] != "PodInitializing":
            reason = "Init:" + waiting["reason"]
        else:
            reason = f"Init:{position}/{len(wanted.get('initContainers') or [])}"
        initializing = True
        break
    if not initializing or condition(obj, "Initialized").get("status") == "True":
        restarts, last = sidecar_restarts, sidecar_last
        running = False
        for entry in reversed(found.get("containerStatuses") or []):
            restarts += entry.get("restartCount", 0)
            last = _later(last, entry)
            state = entry.get("state") or {}
            terminated, waiting = state.get("terminated"), state.get("waiting")
            if waiting and waiting.get("reason"):
                reason = waiting["reason"]
            elif terminated:
                reason = terminated.get("reason") or _exit(terminated)
            elif entry.get("ready") and state.get("running"):
                running = True
                ready += 1
        if reason == "Completed" and running:
            reason = "Running" if condition(obj, "Ready").get("status") == "True" else "NotReady"
    if obj["metadata"].get("deletionTimestamp"):
        if found.get("reason") == "NodeLost":
            reason = "Unknown"
        elif found.get("phase") not in ("Failed", "Succeeded"):
            reason = "Terminating"
    shown = str(restarts)
    if restarts and last is not None:
        shown = f"{restarts} ({human_duration((now - last).total_seconds())} ago)"
    ips = found.get("podIPs") or []
    return [
        name(obj),
        f"{ready}/{total}",
        reason,
        shown,
        age(obj, now),
        (ips[0].get("ip") if ips else found.get("podIP")) or NONE,
        wanted.get("nodeName") or NONE,
        found.get("nominatedNodeName") or NONE,
        _gates(obj),
    ]


_ENDED = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}


def conditions(obj: Object) -> list[dict[str, str]]:
    """The row condition of a pod that has ended."""
    phase = status(obj).get("phase") or ""
    if phase not in _ENDED:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": _ENDED[phase]}]


def _exit(terminated: dict[str, Any]) -> str:
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _later(last: datetime | None, entry: dict[str, Any]) -> datetime | None:
    finished = ((entry.get("lastState") or {}).get("terminated") or {}).get("finishedAt")
    if not finished:
        return last
    moment = parse_time(finished)
    return moment if last is None or moment > last else last


def _gates(obj: Object) -> str:
    gates = spec(obj).get("readinessGates") or []
    if not gates:
        return NONE
    true = sum(condition(obj, g.get("conditionType", "")).get("status") == "True" for g in gates)
    return f"{true}/{len(gates)}"
