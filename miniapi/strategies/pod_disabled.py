"""What a pod or a pod template may only ask for where a feature is on that is off by default (DropDisabledPodFields).

A kind whose old object has it already keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from miniapi.meta.objects import Object
from miniapi.meta.pods import containers_with_path
from miniapi.strategies.interface import Strategy, WriteContext

Fields = dict[str, Any]
_SOURCES = ("clusterTrustBundle", "podCertificate")


def _projections(spec: Fields) -> Iterator[Fields]:
    for volume in spec.get("volumes") or ():
        yield from (volume.get("projected") or {}).get("sources") or ()


def _lifecycles(spec: Fields) -> Iterator[tuple[Fields, Fields]]:
    for container, _ in containers_with_path(spec, ""):
        if container.get("lifecycle"):
            yield container, container["lifecycle"]


def drop_disabled(spec: Fields, old: Fields) -> None:
    """In place."""
    if not old.get("schedulingGroup"):
        spec.pop("schedulingGroup", None)
    for name in _SOURCES:
        if not any(source.get(name) is not None for source in _projections(old)):
            for source in _projections(spec):
                source.pop(name, None)
    if any(lifecycle.get("stopSignal") is not None for _, lifecycle in _lifecycles(old)):
        return
    for container, lifecycle in list(_lifecycles(spec)):
        if lifecycle.pop("stopSignal", None) is not None and not lifecycle:
            del container["lifecycle"]


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
