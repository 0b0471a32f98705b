"""Nodes: pod CIDRs in both forms, what is allocatable."""

from __future__ import annotations

from miniapi.meta.network import cidr_warnings
from miniapi.meta.objects import Object, copy
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.node_label_warnings import DEPRECATED
from miniapi.strategies.status import keep_spec, keep_status


def default(obj: Object) -> None:
    """allocatable follows capacity; podCIDR and podCIDRs say the same."""
    status, spec = obj.get("status") or {}, obj.get("spec") or {}
    if status.get("capacity") and status.get("allocatable") is None:
        status["allocatable"] = copy(status["capacity"])
    if spec.get("podCIDR") and not spec.get("podCIDRs"):
        spec["podCIDRs"] = [spec["podCIDR"]]
    elif spec.get("podCIDRs"):
        first = spec.setdefault("podCIDR", spec["podCIDRs"][0])
        if first != spec["podCIDRs"][0]:
            spec["podCIDRs"] = [first]


def _drop_config(obj: Object, old: Object | None) -> None:
    """Dynamic kubelet configuration is gone; what is there stays."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if old is None or (old.get("spec") or {}).get("configSource") is None:
        spec.pop("configSource", None)
    if old is None:
        status.pop("config", None)


def _prepare_create(obj: Object, _ctx: WriteContext) -> None:
    _drop_config(obj, None)


def _prepare_update(obj: Object, old: Object, ctx: WriteContext) -> None:
    keep_status(obj, old, ctx)
    _drop_config(obj, old)


def _prepare_status_update(obj: Object, old: Object, ctx: WriteContext) -> None:
    keep_spec(obj, old, ctx)
    if (old.get("status") or {}).get("config") is None:
        (obj.get("status") or {}).pop("config", None)


def node_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Fields that mean nothing any more, CIDRs in odd forms."""
    spec = obj.get("spec") or {}
    found: list[str] = []
    if spec.get("configSource") is not None:
        found.append("spec.configSource: the feature is removed")
    if spec.get("externalID"):
        found.append("spec.externalID: this field is deprecated, and is unused by Kubernetes")
    return found + [
        w for i, c in enumerate(spec.get("podCIDRs") or ()) for w in cidr_warnings(f"spec.podCIDRs[{i}]", c)
    ]


def runtime_class_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Deprecated labels of the nodes that it runs on."""
    selector = (obj.get("scheduling") or {}).get("nodeSelector") or ()
    return [f"scheduling.nodeSelector: {DEPRECATED[key]}" for key in selector if key in DEPRECATED]


def _unschedulable(obj: Object) -> str:
    return "true" if (obj.get("spec") or {}).get("unschedulable") else "false"


STRATEGY = Strategy(
    default=default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    warnings_create=node_warnings,
    warnings_update=lambda obj, _old, ctx: node_warnings(obj, ctx),
    selectable_fields={"spec.unschedulable": _unschedulable},
)
STATUS = Strategy(default=default, prepare_update=_prepare_status_update, reset_fields=frozenset({"spec"}))

RUNTIME_CLASS = Strategy(
    allow_unconditional_update=False,
    allow_create_on_update=True,
    warnings_create=runtime_class_warnings,
    warnings_update=lambda obj, _old, ctx: runtime_class_warnings(obj, ctx),
)
