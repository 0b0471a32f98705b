"""CertificateSigningRequests: who asks is what the server saw, not what the request says."""

from __future__ import annotations

from typing import Any

from miniapi.clock import rfc3339
from miniapi.meta.objects import Object, copy
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import keep, keep_spec

_DECISIONS = ("Approved", "Denied")


def prepare_create(obj: Object, ctx: WriteContext) -> None:
    """Fills in the user; nothing is approved yet."""
    spec, user = obj.setdefault("spec", {}), ctx.user
    for name in ("username", "uid", "groups", "extra"):
        spec.pop(name, None)
    spec["username"] = user.name
    if user.uid:
        spec["uid"] = user.uid
    if user.groups:
        spec["groups"] = list(user.groups)
    if user.extra:
        spec["extra"] = {name: list(values) for name, values in user.extra.items()}
    obj["status"] = {}


def _stamp(obj: Object, old: Object, ctx: WriteContext) -> None:
    """populateConditionTimestamps."""
    before = {c.get("type"): c for c in (old.get("status") or {}).get("conditions") or ()}
    now = rfc3339(ctx.now)
    for condition in (obj.get("status") or {}).get("conditions") or ():
        was = before.get(condition.get("type"))
        same = was is not None and was.get("status") == condition.get("status")
        if condition.get("lastTransitionTime") is None:
            kept = was.get("lastTransitionTime") if same and was else None
            condition["lastTransitionTime"] = kept or now
        if condition.get("lastUpdateTime") is None:
            condition["lastUpdateTime"] = now


def _conditions(obj: Object) -> list[dict[str, Any]]:
    return (obj.get("status") or {}).get("conditions") or []


def update_status(obj: Object, old: Object, ctx: WriteContext) -> None:
    """Decisions stay as they were; validation refuses one that was added or taken away."""
    keep_spec(obj, old, ctx)
    for kind in _DECISIONS:
        were = [c for c in _conditions(old) if c.get("type") == kind]
        places = [i for i, c in enumerate(_conditions(obj)) if c.get("type") == kind]
        if len(were) == len(places):
            for place, condition in zip(places, were, strict=True):
                obj["status"]["conditions"][place] = copy(condition)
    _stamp(obj, old, ctx)


def update_approval(obj: Object, old: Object, ctx: WriteContext) -> None:
    """Only the conditions."""
    keep_spec(obj, old, ctx)
    conditions = _conditions(obj)
    obj["status"] = copy(old.get("status") or {})
    if conditions:
        obj["status"]["conditions"] = conditions
    else:
        obj["status"].pop("conditions", None)
    _stamp(obj, old, ctx)


def _signer(obj: Object) -> str:
    return (obj.get("spec") or {}).get("signerName") or ""


STRATEGY = Strategy(
    prepare_create=prepare_create,
    prepare_update=keep("spec", "status"),
    selectable_fields={"spec.signerName": _signer},
    reset_fields=frozenset({"spec", "status"}),
)
STATUS = Strategy(prepare_update=update_status, reset_fields=frozenset({"spec"}))
APPROVAL = Strategy(prepare_update=update_approval, reset_fields=frozenset({"spec", "status.certificate"}))
