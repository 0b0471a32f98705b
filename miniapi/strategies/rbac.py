"""Role bindings: the API group of whom and what they name follows from its kind."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy

GROUP = "rbac.authorization.k8s.io"


def default_binding(obj: Object) -> None:
    """roleRef and users and groups are RBAC's own; service accounts are of the core group."""
    ref = obj.setdefault("roleRef", {})
    if not ref.get("apiGroup"):
        ref["apiGroup"] = GROUP
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup") and subject.get("kind") in ("User", "Group"):
            subject["apiGroup"] = GROUP


ROLE = Strategy(allow_create_on_update=True)
BINDING = Strategy(default=default_binding, allow_create_on_update=True)
