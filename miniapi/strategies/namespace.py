"""Namespaces: a phase, a label with their own name, and the finalizer that empties them."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import keep, keep_spec

NAME_LABEL = "kubernetes.io/metadata.name"
FINALIZER = "kubernetes"


def default(obj: Object) -> None:
    """Phase Active, and the name as a label where it is known."""
    status = obj.setdefault("status", {})
    if not status.get("phase"):
        status["phase"] = "Active"
    name = obj["metadata"].get("name")
    if name:
        obj["metadata"].setdefault("labels", {})[NAME_LABEL] = name


def prepare_create(obj: Object, _ctx: WriteContext) -> None:
    """An active namespace with the kubernetes finalizer."""
    obj["status"] = {"phase": "Active"}
    finalizers = obj.setdefault("spec", {}).setdefault("finalizers", [])
    if FINALIZER not in finalizers:
        finalizers.append(FINALIZER)
    default(obj)


def prepare_update(obj: Object, old: Object, ctx: WriteContext) -> None:
    """Finalizers and status have their own endpoints."""
    keep_spec(obj, old, ctx)
    keep("status")(obj, old, ctx)


def _phase(obj: Object) -> str:
    return (obj.get("status") or {}).get("phase") or ""


def _holds_deletion(obj: Object) -> bool:
    return bool((obj.get("spec") or {}).get("finalizers"))


def _marked(obj: Object) -> None:
    obj.setdefault("status", {})["phase"] = "Terminating"


STRATEGY = Strategy(
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    selectable_fields={"status.phase": _phase, "name": lambda obj: obj["metadata"].get("name", "")},
    deletes_to_status=False,
    holds_deletion=_holds_deletion,
    marked=_marked,
)
STATUS = Strategy(default=default, prepare_update=keep_spec, reset_fields=frozenset({"spec"}))
FINALIZE = Strategy(default=default, prepare_update=keep("status"), reset_fields=frozenset({"status"}))
