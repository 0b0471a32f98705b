"""Reading a CustomResourceDefinition and its conditions (apiextensions-apiserver/pkg/apihelpers)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from miniapi.clock import rfc3339
from miniapi.meta.objects import Object

_version = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_STAGES = {None: 2, "beta": 1, "alpha": 0}


def find_condition(crd: Object, of_type: str) -> Object | None:
    """The condition as it stands."""
    conditions: Iterable[Object] = (crd.get("status") or {}).get("conditions") or ()
    return next((c for c in conditions if c.get("type") == of_type), None)


def is_true(crd: Object, of_type: str) -> bool:
    """Whether the condition stands and is True."""
    found = find_condition(crd, of_type)
    return found is not None and found.get("status") == "True"


def condition(of_type: str, status: bool, reason: str, message: str) -> Object:
    """A condition without its time."""
    return {"type": of_type, "status": "True" if status else "False", "reason": reason, "message": message}


def set_condition(crd: Object, wanted: Object, now: datetime) -> None:
    """Puts the condition in place; its time moves only where its status does (SetCRDCondition)."""
    status = crd.setdefault("status", {})
    old = find_condition(crd, wanted["type"])
    moved = old is None or old.get("status") != wanted["status"] or not old.get("lastTransitionTime")
    made = {**wanted, "lastTransitionTime": rfc3339(now) if moved or old is None else old["lastTransitionTime"]}
    if old is None:
        status["conditions"] = [*(status.get("conditions") or ()), made]
    else:
        old.clear()
        old.update(made)


def same_condition(crd: Object, wanted: Object) -> bool:
    """Whether the condition already says this (IsCRDConditionEquivalent)."""
    old = find_condition(crd, wanted["type"])
    return old is not None and all(old.get(n) == wanted[n] for n in ("status", "reason", "message"))


def versions(crd: Object) -> list[Object]:
    """spec.versions."""
    found: list[Object] = crd["spec"].get("versions") or []
    return found


def storage_version(crd: Object) -> str:
    """The version that is stored."""
    return next((v["name"] for v in versions(crd) if v.get("storage")), "")


def schema_of(version: Mapping[str, Any]) -> Object:
    """A version's openAPIV3Schema."""
    found: Object = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    return found


def age(version: str) -> tuple[Any, ...]:
    """Sorts versions as version.CompareKubeAwareVersionStrings does, the most wanted first."""
    found = _version.fullmatch(version)
    if found is None:
        return (1, version)
    return (0, -_STAGES[found[2]], -int(found[1]), -int(found[3] or 0))
