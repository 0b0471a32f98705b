"""Objects, and who owns what of them, as the tests of field management see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import copy
from miniapi.patch.field_manager import FieldManager

T0 = datetime(2026, 1, 1, tzinfo=UTC)
T1 = T0 + timedelta(hours=1)
T2 = T0 + timedelta(hours=2)
CM = GroupVersionKind("", "v1", "ConfigMap")
DEPLOY = GroupVersionKind("apps", "v1", "Deployment")
WIDGET = GroupVersionKind("g.dev", "v1", "Widget")


def cm(data: dict[str, str] | None = None, **meta: Any) -> dict[str, Any]:
    obj: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", **meta}}
    if data is not None:
        obj["data"] = data
    return obj


def widget_of(spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "g.dev/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": spec}


def created(fields: FieldManager, obj: dict[str, Any], manager: str = "m") -> dict[str, Any]:
    obj = copy(obj)
    fields.update(None, obj, manager, T0)
    obj["metadata"]["uid"] = "u"
    return obj


def updated(fields: FieldManager, live: dict[str, Any], new: dict[str, Any], manager: str) -> dict[str, Any]:
    new = copy(new)
    new["metadata"]["uid"] = "u"
    fields.update(live, new, manager, T1)
    return new


def owned(obj: dict[str, Any]) -> dict[str, Any]:
    """Fields by `manager/Operation[/subresource]`."""
    out = {}
    for entry in obj["metadata"].get("managedFields", []):
        name = f"{entry['manager']}/{entry['operation']}"
        if "subresource" in entry:
            name += "/" + entry["subresource"]
        out[name] = entry["fieldsV1"]
    return out


def times(obj: dict[str, Any]) -> dict[str, str | None]:
    return {e["manager"]: e.get("time") for e in obj["metadata"]["managedFields"]}
