"""CustomResourceDefinitions: names that follow from the kind, and the versions once stored."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import keep_status

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
"""The finalizer that holds a definition until its objects are gone."""


def default(obj: Object) -> None:
    """Singular and list kind from the kind; no conversion."""
    spec = obj.setdefault("spec", {})
    names = spec.setdefault("names", {})
    if not names.get("singular"):
        names["singular"] = (names.get("kind") or "").lower()
    if not names.get("listKind") and names.get("kind"):
        names["listKind"] = names["kind"] + "List"
    conversion = spec.get("conversion")
    if conversion is None:
        spec["conversion"] = {"strategy": "None"}
        return
    service = ((conversion.get("webhook") or {}).get("clientConfig") or {}).get("service")
    if service is not None and service.get("port") is None:
        service["port"] = 443


def _remember_storage(obj: Object) -> None:
    """The first version marked as stored joins status.storedVersions."""
    status = obj.setdefault("status", {})
    for version in (obj.get("spec") or {}).get("versions") or ():
        if version.get("storage"):
            stored = status.get("storedVersions") or []
            if version["name"] not in stored:
                status["storedVersions"] = [*stored, version["name"]]
            return


def prepare_create(obj: Object, _ctx: WriteContext) -> None:
    """No status but the version it is stored in."""
    obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}}
    _remember_storage(obj)


def prepare_update(obj: Object, old: Object, ctx: WriteContext) -> None:
    """Keeps the status, adds a new storage version to it."""
    keep_status(obj, old, ctx)
    _remember_storage(obj)


def _goes_with_its_objects(_obj: Object) -> bool:
    return False


def mark(obj: Object) -> None:
    """The first DELETE lets the definition wait for its objects (registry/customresourcedefinition/etcd.go)."""
    meta, status = obj["metadata"], obj.setdefault("status", {})
    finalizers = meta.get("finalizers") or []
    if CLEANUP not in finalizers:
        meta["finalizers"] = [*finalizers, CLEANUP]
    condition = {
        "type": "Terminating",
        "status": "True",
        "lastTransitionTime": meta["deletionTimestamp"],
        "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    }
    others = [c for c in status.get("conditions") or () if c.get("type") != "Terminating"]
    status["conditions"] = [*others, condition]


STRATEGY = Strategy(
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    holds_deletion=_goes_with_its_objects,
    marked=mark,
    allow_unconditional_update=False,
    tracks_generation=True,
)
