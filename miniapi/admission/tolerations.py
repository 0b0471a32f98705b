"""Tolerations as sets of taints (pkg/util/tolerations)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Toleration = dict[str, Any]


def merge(first: Sequence[Toleration], second: Sequence[Toleration]) -> list[Toleration]:
    """All of both without those that another one covers; of equal ones the first stays."""
    every = [*first, *second]
    merged: list[Toleration] = []
    for i, one in enumerate(every):
        if any(covers(kept, one) for kept in merged):
            continue
        if any(one != later and covers(later, one) for later in every[i + 1 :]):
            continue
        merged.append(one)
    return merged


def verify_against_whitelist(tolerations: Sequence[Toleration], whitelist: Sequence[Toleration]) -> bool:
    """Whether each is covered by an allowed one; an empty list allows all."""
    return not whitelist or all(any(covers(allowed, one) for allowed in whitelist) for one in tolerations)


def covers(broad: Toleration, narrow: Toleration) -> bool:
    """Whether `broad` tolerates every taint that `narrow` does (isSuperset)."""
    if broad == narrow:
        return True
    key, operator, effect = (broad.get(f) or "" for f in ("key", "operator", "effect"))
    if (narrow.get("key") or "") != key and (key or operator != "Exists"):
        return False
    if effect and (narrow.get("effect") or "") != effect:
        return False
    seconds = broad.get("tolerationSeconds")
    if effect == "NoExecute" and seconds is not None:
        asked = narrow.get("tolerationSeconds")
        if asked is None or asked > seconds:
            return False
    if operator in ("Equal", ""):
        return (narrow.get("operator") or "") == operator and (narrow.get("value") or "") == (broad.get("value") or "")
    return operator == "Exists"
