"""What DELETE does to an object: which finalizers, how long, at once or marked (registry/rest/delete.go)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from miniapi import errors
from miniapi.clock import rfc3339
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object
from miniapi.strategies.interface import WriteContext

ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"


def check_preconditions(kind: Kind, obj: Object, options: dict[str, Any]) -> None:
    """409 where the object is not the one that the caller means."""
    wanted = options.get("preconditions") or {}
    meta = obj["metadata"]
    why = ""
    uid, version = wanted.get("uid"), wanted.get("resourceVersion")
    if uid is not None and uid != meta.get("uid", ""):
        why = (
            f"the UID in the precondition ({uid}) does not match the UID in record ({meta.get('uid', '')}). "
            "The object might have been deleted and then recreated"
        )
    elif version is not None and version != meta.get("resourceVersion", ""):
        why = (
            f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
            f"({meta.get('resourceVersion', '')}). The object might have been modified"
        )
    if why:
        # The original names the stored kind where others name the resource.
        gvk = kind.storage_gvk or kind.gvk
        raise errors.conflict(gvk.kind, gvk.group, meta["name"], why)


def finalizers_after(meta: dict[str, Any], options: dict[str, Any], *, orphans_by_default: bool = False) -> list[str]:
    """The finalizers that the propagation policy leaves the object with (deletionFinalizersForGarbageCollection)."""
    current: list[str] = meta.get("finalizers") or []
    policy, orphan_dependents = options.get("propagationPolicy"), options.get("orphanDependents")
    orphan = foreground = False
    if orphan_dependents is not None:
        orphan = bool(orphan_dependents)
    elif policy is not None:
        orphan, foreground = policy == "Orphan", policy == "Foreground"
    else:
        orphan, foreground = ORPHAN in current or orphans_by_default, FOREGROUND in current
    kept = [f for f in current if f not in (ORPHAN, FOREGROUND)]
    if orphan:
        kept.append(ORPHAN)
    if foreground:
        kept.append(FOREGROUND)
    return kept


def mark(kind: Kind, obj: Object, options: dict[str, Any], ctx: WriteContext, now: datetime) -> bool:
    """Marks `obj` for deletion in place; True where it can go at once.

    Kinds with a grace period are marked even then: their watchers see it before the object goes.
    """
    meta = obj["metadata"]
    asked = options.get("gracePeriodSeconds")
    grace = kind.strategy.grace_seconds(obj, asked, ctx)
    already = meta.get("deletionTimestamp")
    holds = kind.strategy.holds_deletion
    if holds is not None and already and holds(obj):
        return False
    if grace is not None and already:
        left = meta.get("deletionGracePeriodSeconds", 0)
        if asked is None or asked >= left:  # only a shorter period changes what is under way
            return False
        grace = asked
    finalizers = meta.get("finalizers") or []
    if kind.strategy.garbage_collected:
        finalizers = finalizers_after(meta, options, orphans_by_default=kind.strategy.orphans_by_default)
    if finalizers != (meta.get("finalizers") or []):
        if finalizers:
            meta["finalizers"] = finalizers
        else:
            meta.pop("finalizers", None)
    if holds is not None and not already:
        meta["deletionTimestamp"] = rfc3339(now)
        kind.strategy.marked(obj)
        return False
    gone = not grace and not finalizers
    if gone and grace is None:
        return True
    seconds = grace or 0
    if not already or seconds < meta.get("deletionGracePeriodSeconds", 0):
        meta["deletionTimestamp"] = rfc3339(now + timedelta(seconds=seconds))
        meta["deletionGracePeriodSeconds"] = seconds
        if not already and "generation" in meta:
            meta["generation"] += 1
    return gone


def may_vanish(kind: Kind, obj: Object) -> bool:
    """An update left a marked object without finalizers and without grace: it goes."""
    meta = obj["metadata"]
    if not meta.get("deletionTimestamp") or meta.get("finalizers") or meta.get("deletionGracePeriodSeconds"):
        return False
    holds = kind.strategy.holds_deletion
    return holds is None or not holds(obj)
