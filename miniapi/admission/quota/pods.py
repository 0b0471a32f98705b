"""How pods count: themselves until they end, and what their containers ask for (quota/v1/evaluator/core/pods.go)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from miniapi.admission.interface import Operation
from miniapi.admission.quota.interface import ONE, Amounts, Evaluator, Scope, selects
from miniapi.meta.objects import Object
from miniapi.meta.pods import amounts, effective, qos_class
from miniapi.validation.rules import is_extended_resource, is_native_resource

_SPLIT = ("cpu", "memory", "ephemeral-storage")
"""Counted by requests, under two names, and by limits."""
_COUNT = "count/pods"
_NAMES = frozenset({_COUNT, "pods", *_SPLIT, *(f"{p}.{n}" for p in ("requests", "limits") for n in _SPLIT)})
_MUST_SPECIFY = frozenset({"cpu", "memory", *(f"{p}.{n}" for p in ("requests", "limits") for n in ("cpu", "memory"))})
_HUGE = "hugepages-"


def _matching(name: str) -> bool:
    if name in _NAMES or name.startswith((_HUGE, f"requests.{_HUGE}")):
        return True
    return name.startswith("requests.") and not is_native_resource(name)


def _handles(operation: Operation, subresource: str) -> bool:
    return (operation, subresource) in (("CREATE", ""), ("UPDATE", "resize"))


def _usage(pod: Object, now: datetime) -> Amounts:
    if _has_ended(pod, now):
        return {_COUNT: ONE}
    spec = pod.get("spec") or {}
    return {_COUNT: ONE, **_compute(effective(spec, "requests"), effective(spec, "limits"))}


def _compute(requests: Amounts, limits: Amounts) -> Amounts:
    """podComputeUsageHelper."""
    used: Amounts = {"pods": ONE}
    for name in _SPLIT:
        if name in requests:
            used[name] = used[f"requests.{name}"] = requests[name]
        if name in limits:
            used[f"limits.{name}"] = limits[name]
    for name, value in requests.items():
        if name.startswith(_HUGE):
            used[name] = used[f"requests.{name}"] = value
        elif is_extended_resource(name):
            used[f"requests.{name}"] = value
    return used


def _has_ended(pod: Object, now: datetime) -> bool:
    """Ended, or deleted and past its grace: a lost node must not keep others from running."""
    if (pod.get("status") or {}).get("phase") in ("Failed", "Succeeded"):
        return True
    meta = pod.get("metadata") or {}
    deleted, grace = meta.get("deletionTimestamp"), meta.get("deletionGracePeriodSeconds")
    if not deleted or grace is None:
        return False
    return now > datetime.fromisoformat(deleted) + timedelta(seconds=grace)


def _problem(required: Iterable[str], pod: Object) -> str:
    """Containers that leave out what is limited: `must specify limits.cpu for: a,b; ...`."""
    spec = pod.get("spec") or {}
    wanted = _MUST_SPECIFY.intersection(required)
    if not wanted:
        return ""
    given = _compute(amounts(spec, "requests"), amounts(spec, "limits"))
    missing: dict[str, set[str]] = {}
    for kind in ("containers", "initContainers"):
        for container in spec.get(kind) or ():
            own = _compute(amounts(container, "requests"), amounts(container, "limits"))
            for name in wanted - own.keys() - given.keys():
                missing.setdefault(name, set()).add(container["name"])
    if not missing:
        return ""
    return "must specify " + "; ".join(f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing))


def _in_scope(scope: Scope, pod: Object) -> bool:
    name: str = scope["scopeName"]
    spec = pod.get("spec") or {}
    if name in ("Terminating", "NotTerminating"):
        deadline = spec.get("activeDeadlineSeconds")
        return bool(deadline is not None and deadline >= 0) == (name == "Terminating")
    if name in ("BestEffort", "NotBestEffort"):
        return (qos_class(spec) == "BestEffort") == (name == "BestEffort")
    if name == "PriorityClass":
        of = spec.get("priorityClassName")
        return bool(of) if scope.get("operator") == "Exists" else selects(scope, [of] if of else [])
    return name == "CrossNamespacePodAffinity" and _crosses_namespaces(spec.get("affinity") or {})


def _crosses_namespaces(affinity: dict[str, Any]) -> bool:
    for kind in ("podAffinity", "podAntiAffinity"):
        of = affinity.get(kind) or {}
        terms = list(of.get("requiredDuringSchedulingIgnoredDuringExecution") or ())
        weighted = of.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        terms += [t.get("podAffinityTerm") or {} for t in weighted]
        if any(t.get("namespaces") or t.get("namespaceSelector") is not None for t in terms):
            return True
    return False


PODS = Evaluator(_matching, _usage, _handles, _in_scope, _problem)
