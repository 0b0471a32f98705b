"""What follows from a pod's spec alone: its quality of service, its resources in sum, its containers.

Follows pkg/apis/core/helper/qos and component-helpers/resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from miniapi.meta import quantity
from miniapi.meta.quantity import Quantity

Spec = Mapping[str, Any]
Amounts = dict[str, Quantity]
_QOS_RESOURCES = ("cpu", "memory")


def containers_with_path(spec: Spec, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Init, regular and ephemeral containers with their paths (VisitContainersWithPath)."""
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(spec.get(kind) or ()):
            yield container, f"{path}.{kind}[{i}]"


def app_armor_profile(annotation: str) -> dict[str, str] | None:
    """The appArmorProfile that the older annotation means, None where it means none (ApparmorFieldForAnnotation)."""
    if annotation == "unconfined":
        return {"type": "Unconfined"}
    if annotation == "runtime/default":
        return {"type": "RuntimeDefault"}
    profile = annotation.removeprefix("localhost/")
    return {"type": "Localhost", "localhostProfile": profile} if profile and profile != annotation else None


def is_sidecar(container: Mapping[str, Any]) -> bool:
    """An init container that keeps running."""
    return container.get("restartPolicy") == "Always"


def amounts(container: Mapping[str, Any], which: str) -> Amounts:
    """A container's (or pod's) `requests` or `limits`, parsed."""
    values = (container.get("resources") or {}).get(which) or {}
    return {name: quantity.parse(str(value)) for name, value in values.items()}


def _add(total: Amounts, more: Amounts) -> None:
    for name, value in more.items():
        total[name] = quantity.add(total[name], value) if name in total else value


def _at_least(total: Amounts, other: Amounts) -> None:
    for name, value in other.items():
        if name not in total or quantity.compare(value, total[name]) > 0:
            total[name] = value


def aggregate(spec: Spec, which: str) -> Amounts:
    """The effective `requests` or `limits` of all containers: sum of those that run together, most of those before."""
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, amounts(container, which))
    before: Amounts = {}
    sidecars: Amounts = {}
    for container in spec.get("initContainers") or ():
        own = amounts(container, which)
        if is_sidecar(container):
            _add(total, own)
            _add(sidecars, own)
            own = dict(sidecars)
        else:
            _add(own, sidecars)
        _at_least(before, own)
    _at_least(total, before)
    return total


def qos_class(spec: Spec) -> str:
    """Guaranteed, Burstable or BestEffort (ComputePodQOS)."""
    own = spec.get("resources") or {}
    if own.get("requests") or own.get("limits"):
        parts: list[Mapping[str, Any]] = [spec]
    else:
        parts = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    requests: Amounts = {}
    limits: Amounts = {}
    guaranteed = True
    for part in parts:
        _add(requests, _counted(part, "requests"))
        part_limits = _counted(part, "limits")
        _add(limits, part_limits)
        guaranteed = guaranteed and len(part_limits) == len(_QOS_RESOURCES)
    if not requests and not limits:
        return "BestEffort"
    if guaranteed and len(requests) == len(limits):
        if all(name in limits and not quantity.compare(value, limits[name]) for name, value in requests.items()):
            return "Guaranteed"
    return "Burstable"


def _counted(part: Mapping[str, Any], which: str) -> Amounts:
    values = amounts(part, which)
    return {name: values[name] for name in _QOS_RESOURCES if name in values and quantity.sign(values[name]) > 0}


def effective(spec: Spec, which: str, *, overhead: bool = True) -> Amounts:
    """What the pod as a whole `requests` or `limits`: its own, else its containers' sum, and its overhead."""
    total = aggregate(spec, which)
    for name, value in amounts(spec, which).items():
        if name in _QOS_RESOURCES or name.startswith("hugepages-"):
            total[name] = value
    if overhead:
        extra = {name: quantity.parse(str(value)) for name, value in (spec.get("overhead") or {}).items()}
        _add(total, extra if which == "requests" else {n: v for n, v in extra.items() if n in total})
    return total
