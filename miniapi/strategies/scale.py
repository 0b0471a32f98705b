"""The Scale of workloads: the object seen as a number of replicas, and that number put back."""

from __future__ import annotations

from typing import Any, Final

from miniapi import errors
from miniapi.meta.objects import Object, name_of

SCALABLE: Final = (
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
)
_OF_METADATA: Final = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def to_scale(obj: Object) -> Object:
    """The autoscaling/v1 Scale of a workload."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    replicas = spec.get("replicas") or 0
    shown: dict[str, Any] = {"replicas": status.get("replicas") or 0}
    if text := selector_text(spec.get("selector") or {}):
        shown["selector"] = text
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {n: obj["metadata"][n] for n in _OF_METADATA if n in obj["metadata"]},
        "spec": {"replicas": replicas} if replicas else {},
        "status": shown,
    }


def apply_scale(obj: Object, scale: Object, plural: str, group: str) -> None:
    """Puts a Scale's replicas and resourceVersion on the workload, in place. ApiError 409 where its uid differs."""
    meta, scale_meta = obj["metadata"], scale.get("metadata") or {}
    uid = scale_meta.get("uid")
    if uid and uid != meta.get("uid"):
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {meta.get('uid', '')}"
        raise errors.conflict(f"{plural}/scale", group, name_of(obj), why)
    obj.setdefault("spec", {})["replicas"] = (scale.get("spec") or {}).get("replicas") or 0
    if version := scale_meta.get("resourceVersion"):
        meta["resourceVersion"] = version


def selector_text(selector: dict[str, Any]) -> str:
    """A LabelSelector, or a plain map of labels, as labels.Selector.String writes it; empty for one that is none."""
    if "matchLabels" in selector or "matchExpressions" in selector:
        labels, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or ()
    else:
        labels, expressions = selector, ()
    terms = [(key, f"{key}={value}") for key, value in labels.items()]
    for expression in expressions:
        key, values = expression.get("key") or "", ",".join(sorted(expression.get("values") or ()))
        match expression.get("operator"):
            case "In":
                terms.append((key, f"{key} in ({values})"))
            case "NotIn":
                terms.append((key, f"{key} notin ({values})"))
            case "Exists":
                terms.append((key, key))
            case "DoesNotExist":
                terms.append((key, "!" + key))
    return ",".join(text for _, text in sorted(terms, key=lambda term: term[0]))
