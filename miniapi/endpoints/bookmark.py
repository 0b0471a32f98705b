"""The object of a BOOKMARK event: an empty one of the kind, with a resource version."""

from __future__ import annotations

from typing import Any, Final

from miniapi.endpoints.scope import Scope
from miniapi.meta.objects import Object

INITIAL_END = "k8s.io/initial-events-end"
"""The annotation of the bookmark behind the initial events."""
_COUNTED: Final = frozenset({"Deployment", "ReplicaSet", "StatefulSet"})
"""Kinds of apps whose replicas are a plain number inside the original, which shows it even where it is zero."""


def bookmark(scope: Scope, revision: int, *, initial_end: bool = False) -> Object:
    """Before it is shown as the client asked to see objects."""
    gvk = scope.gvk
    meta: dict[str, Any] = {"resourceVersion": str(revision)}
    if initial_end:
        meta["annotations"] = {INITIAL_END: "true"}
    obj: Object = {"kind": gvk.kind, "apiVersion": gvk.api_version, "metadata": meta}
    if scope.kind.custom:
        return obj
    empty, _unknown = scope.convert(obj)
    empty["metadata"].pop("creationTimestamp", None)
    if gvk.group == "apps" and gvk.kind in _COUNTED:
        empty["spec"] = {"replicas": 0, **empty["spec"]}
    return empty
