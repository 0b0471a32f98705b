"""What events of both groups can be selected by."""

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
