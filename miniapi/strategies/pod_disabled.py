"""What a pod or a pod template may only ask for where a feature is on that is off by default (DropDisabledPodFields).

A kind whose old object has it already keeps it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext

Fields = dict[str, Any]
_NODE_CLAIMS = "nodeAllocatableResourceClaimStatuses"
_EPHEMERAL_STATUSES = "ephemeralContainerStatuses"
_SOURCES = ("clusterTrustBundle", "podCertificate")


def _projections(spec: Fields) -> list[Fields]:
    projected = [volume["projected"] for volume in spec.get("volumes") or () if volume.get("projected")]
    return [source for volume in projected for source in volume.get("sources") or ()]


def _stopped(spec: Fields) -> list[Fields]:
    """Containers that say which signal stops them."""
    lists = [spec.get(kind) or () for kind in ("initContainers", "containers", "ephemeralContainers")]
    return [c for found in lists for c in found if c.get("lifecycle") and "stopSignal" in c["lifecycle"]]


def drop_disabled(spec: Fields, old: Fields) -> None:
    """In place."""
    if "schedulingGroup" in spec and not old.get("schedulingGroup"):
        del spec["schedulingGroup"]
    if projections := _projections(spec):
        for name in _SOURCES:
            if not any(source.get(name) is not None for source in _projections(old)):
                for source in projections:
                    source.pop(name, None)
    if (stopped := _stopped(spec)) and not _stopped(old):
        for container in stopped:
            del container["lifecycle"]["stopSignal"]
            if not container["lifecycle"]:
                del container["lifecycle"]


def _mounts(status: Fields) -> list[Fields]:
    """Of all containers, those that tell of their volume."""
    lists = [status.get(kind) or () for kind in ("initContainerStatuses", "containerStatuses", _EPHEMERAL_STATUSES)]
    mounts = [mount for found in lists for c in found for mount in c.get("volumeMounts") or ()]
    return [mount for mount in mounts if "volumeStatus" in mount]


def drop_disabled_status(status: Fields, old: Fields) -> None:
    """In place (dropDisabledPodStatusFields)."""
    if not old.get(_NODE_CLAIMS):
        status.pop(_NODE_CLAIMS, None)
    if (mounts := _mounts(status)) and not _mounts(old):
        for mount in mounts:
            del mount["volumeStatus"]


def dropping(strategy: Strategy, *path: str) -> Strategy:
    """The strategy of a kind with a pod spec at `path`, which drops what is disabled before anything else."""

    def pod_spec(obj: Object) -> Fields:
        found: Fields = obj
        for step in path:
            found = found.get(step) or {}
        return found

    def create(obj: Object, ctx: WriteContext) -> None:
        drop_disabled(pod_spec(obj), {})
        strategy.prepare_create(obj, ctx)

    def update(obj: Object, old: Object, ctx: WriteContext) -> None:
        drop_disabled(pod_spec(obj), pod_spec(old))
        strategy.prepare_update(obj, old, ctx)

    return replace(strategy, prepare_create=create, prepare_update=update)
