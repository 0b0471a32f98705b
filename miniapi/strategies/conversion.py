"""Kinds that are served in versions that differ: autoscalers v1 and v2, events of the core and events.k8s.io."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from miniapi.meta import hpa
from miniapi.meta.objects import Object

Conversion = tuple[Callable[[Object], Object], Callable[[Object], Object]]

_CORE_NAMES: Final = {
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
}
_EVENTS_NAMES: Final = {core: name for name, core in _CORE_NAMES.items()}
_CORE_ALWAYS: Final[Mapping[str, Any]] = {
    "involvedObject": {},
    "source": {},
    "firstTimestamp": None,
    "lastTimestamp": None,
    "eventTime": None,
    "reportingComponent": "",
    "reportingInstance": "",
}
"""What a core event shows in any case."""
_EVENTS_ALWAYS: Final[Mapping[str, Any]] = {
    "eventTime": None,
    "deprecatedSource": {},
    "deprecatedFirstTimestamp": None,
    "deprecatedLastTimestamp": None,
    "regarding": {},
}
_EVENTS_OMIT_EMPTY: Final = ("reportingController", "reportingInstance", "note", "deprecatedCount")


def _always(event: Object, values: Mapping[str, Any]) -> Object:
    for name, value in values.items():
        event.setdefault(name, {} if value == {} else value)
    return event


def event_to_core(event: Object) -> Object:
    """An events.k8s.io/v1 event as a core event."""
    core = {_CORE_NAMES.get(name, name): value for name, value in event.items()}
    core["apiVersion"] = "v1"
    return _always(core, _CORE_ALWAYS)


def event_from_core(core: Object) -> Object:
    """A core event as an events.k8s.io/v1 event."""
    event = {_EVENTS_NAMES.get(name, name): value for name, value in core.items()}
    event["apiVersion"] = "events.k8s.io/v1"
    for name in _EVENTS_OMIT_EMPTY:
        if name in event and not event[name]:
            del event[name]
    return _always(event, _EVENTS_ALWAYS)


CONVERSIONS: Final[Mapping[tuple[str, str, str], Conversion]] = {
    ("autoscaling", "v1", "horizontalpodautoscalers"): (hpa.to_v2, hpa.from_v2),
    ("events.k8s.io", "v1", "events"): (event_to_core, event_from_core),
}
"""(group, version, plural) -> (to the stored version, from it)."""
