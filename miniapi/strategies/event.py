"""Events in both groups' spelling, and what they can be selected by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy

_REFERENCE = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


def _of(*path: str) -> Callable[[Object], str]:
    def read(obj: Object) -> str:
        part: Any = obj
        for name in path:
            part = (part or {}).get(name)
        return part or ""

    return read


def _source(field: str, component: str) -> Callable[[Object], str]:
    def read(obj: Object) -> str:
        return (obj.get(field) or {}).get("component") or obj.get(component) or ""

    return read


def _selectable(prefix: str, reference: str, source: str, component: str) -> Mapping[str, Callable[[Object], str]]:
    return {
        **{f"{prefix}.{name}": _of(reference, name) for name in _REFERENCE},
        "reason": _of("reason"),
        "reportingComponent" if prefix == "involvedObject" else "reportingController": _of(component),
        "source": _source(source, component),
        "type": _of("type"),
    }


_SPELLINGS = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
_BACK = {core: name for name, core in _SPELLINGS.items()}
_CORE_TEXTS = ("reportingComponent", "reportingInstance")
_CORE_TIMES = ("eventTime", "firstTimestamp", "lastTimestamp")
_CORE_PARTS = ("involvedObject", "source")


def to_core(obj: Object) -> Object:
    """An events.k8s.io/v1 Event as core/v1, which is what is stored, with all that core/v1 always writes."""
    core = {_SPELLINGS.get(name, name): value for name, value in obj.items()} | {"apiVersion": "v1"}
    for names, empty in ((_CORE_TEXTS, ""), (_CORE_TIMES, None)):
        for name in names:
            core.setdefault(name, empty)
    for name in _CORE_PARTS:
        core.setdefault(name, {})
    return core


def from_core(obj: Object) -> Object:
    """A stored Event as events.k8s.io/v1, which leaves out empty texts."""
    event = {_BACK.get(name, name): value for name, value in obj.items() if value != ""}
    return event | {"apiVersion": "events.k8s.io/v1"}


CORE = Strategy(
    selectable_fields=_selectable("involvedObject", "involvedObject", "source", "reportingComponent"),
    allow_create_on_update=True,
    garbage_collected=False,
)
EVENTS = Strategy(
    selectable_fields=_selectable("regarding", "regarding", "deprecatedSource", "reportingController"),
    allow_create_on_update=True,
    garbage_collected=False,
)
