"""CustomResourceDefinitions: names that follow from the kind, and the versions once stored."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import STATUS, keep_status

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


def _default_with_status(obj: Object) -> None:
    """Some version is always stored."""
    default(obj)
    if not (obj.get("status") or {}).get("storedVersions"):
        obj["status"] = obj.get("status") or {}
        _remember_storage(obj)


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


def _odd_formats(obj: Object) -> list[str]:
    schemas = [(v.get("schema") or {}).get("openAPIV3Schema") for v in (obj.get("spec") or {}).get("versions") or ()]
    # the formats are compiled when first asked for
    found: list[str] = import_module("miniapi.schema.unrecognized").unrecognized_formats(schemas)
    return found


def _warnings(odd: list[str]) -> list[str]:
    return [f'unrecognized format "{name}"' for name in odd]


def _warnings_create(obj: Object, _ctx: WriteContext) -> list[str]:
    return _warnings(_odd_formats(obj))


def _warnings_update(obj: Object, old: Object, _ctx: WriteContext) -> list[str]:
    """Of those formats that are new in the definition."""
    if obj.get("spec") == old.get("spec"):
        return []
    known = _odd_formats(old)
    return _warnings([name for name in _odd_formats(obj) if name not in known])


STRATEGY = Strategy(
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    holds_deletion=_goes_with_its_objects,
    marked=mark,
    allow_unconditional_update=False,
    tracks_generation=True,
    warnings_create=_warnings_create,
    warnings_update=_warnings_update,
)
STATUS_STRATEGY = replace(
    STATUS, default=_default_with_status, allow_unconditional_update=False, reset_fields=frozenset({"metadata", "spec"})
)
"""Metadata may change with the status (its reset in the original is of the object to itself)."""
