"""Owner references that a write repeats are kept once, with a warning (handlers.dedupOwnerReferences)."""

from __future__ import annotations

from typing import Any

from miniapi.endpoints.context import Context
from miniapi.meta.objects import Object

_WARNING = (
    ".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, "
    "and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {uids}"
)


def dedupe_owner_references(context: Context, obj: Object, *, after_admission: bool) -> None:
    """Drops the repeated ones in place; references to one owner that differ in anything stay for validation."""
    given: list[dict[str, Any]] = obj["metadata"].get("ownerReferences") or []
    if len(given) < 2:
        return
    kept: list[dict[str, Any]] = []
    repeated: list[str] = []
    for reference in given:
        if reference in kept:
            repeated.append(reference.get("uid") or "")
        else:
            kept.append(reference)
    if repeated:
        obj["metadata"]["ownerReferences"] = kept
        when = " after mutating admission happens" if after_admission else ""
        context.warn(_WARNING.format(when=when, uids=", ".join(repeated)))
