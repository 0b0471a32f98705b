"""The kinds of resource.k8s.io: counts, and when a taint was set."""

from __future__ import annotations

from typing import Any

from miniapi.clock import rfc3339
from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import drop_status, keep_status


def _default_request(request: dict[str, Any]) -> None:
    if not request.get("allocationMode"):
        request["allocationMode"] = "ExactCount"
    if request["allocationMode"] == "ExactCount" and not request.get("count"):
        request["count"] = 1


def _default_devices(spec: dict[str, Any]) -> None:
    for request in (spec.get("devices") or {}).get("requests") or ():
        if request.get("exactly") is not None:
            _default_request(request["exactly"])
        for sub_request in request.get("firstAvailable") or ():
            _default_request(sub_request)


def default_claim(obj: Object) -> None:
    """One device a request."""
    _default_devices(obj.get("spec") or {})


def default_template(obj: Object) -> None:
    """As a claim's."""
    _default_devices((obj.get("spec") or {}).get("spec") or {})


def _stamp_taints(obj: Object, now: str) -> None:
    for device in (obj.get("spec") or {}).get("devices") or ():
        for taint in device.get("taints") or ():
            if taint.get("timeAdded") is None:
                taint["timeAdded"] = now


def create_slice(obj: Object, ctx: WriteContext) -> None:
    """Taints are stamped."""
    _stamp_taints(obj, rfc3339(ctx.now))


def update_slice(obj: Object, _old: Object, ctx: WriteContext) -> None:
    """Taints are stamped."""
    _stamp_taints(obj, rfc3339(ctx.now))


def warnings_slice(obj: Object, _ctx: WriteContext) -> list[str]:
    """A driver's name is lower case."""
    driver = (obj.get("spec") or {}).get("driver") or ""
    if driver == driver.lower():
        return []
    return [f'spec.driver: driver names should be lowercase; "{driver}" contains uppercase characters']


def _spec(name: str) -> Any:
    return lambda obj: (obj.get("spec") or {}).get(name) or ""


CLAIM = Strategy(default=default_claim, prepare_create=drop_status, prepare_update=keep_status, deletes_to_status=False)
TEMPLATE = Strategy(default=default_template, deletes_to_status=False)
CLASS = Strategy(tracks_generation=True, deletes_to_status=False)
SLICE = Strategy(
    prepare_create=create_slice,
    prepare_update=update_slice,
    warnings_create=warnings_slice,
    warnings_update=lambda obj, _old, ctx: warnings_slice(obj, ctx),
    tracks_generation=True,
    selectable_fields={"spec.nodeName": _spec("nodeName"), "spec.driver": _spec("driver")},
    unknown_field="field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: {field}",
    deletes_to_status=False,
)
