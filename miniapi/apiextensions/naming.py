"""Which of its names a definition gets, and whether its group approves of it.

After the naming, establishing, approval and nonstructural-schema controllers of apiextensions-apiserver; pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from miniapi.apiextensions.definition import condition, find_condition, schema_of, versions
from miniapi.meta import authorities
from miniapi.meta.objects import Object
from miniapi.validation.api_approval import approval_state, is_protected
from miniapi.validation.customresourcedefinition import conversion_bundle
from miniapi.validation.structural_schema import structural

_APPROVAL = "KubernetesAPIApprovalPolicyConformant"
_APPROVAL_REASONS = {
    "missing": "MissingAnnotation",
    "bypassed": "UnapprovedAnnotation",
    "approved": "ApprovedAnnotation",
    "invalid": "InvalidAnnotation",
}


def accepted_names(crd: Object, of_group: Iterable[Object]) -> tuple[Object, Object, Object]:
    """-> (acceptedNames, NamesAccepted, Established); `of_group` are all definitions of the group."""
    resources, kinds = _taken(crd, of_group)
    wanted: Object = crd["spec"]["names"]
    have: Object = (crd.get("status") or {}).get("acceptedNames") or {}
    names: Object = dict(have)
    refused: list[tuple[str, str]] = []
    for field, taken, reason in (("plural", resources, "PluralConflict"), ("singular", resources, "SingularConflict")):
        _take(names, wanted, have, field, taken, refused, reason)
    short = wanted.get("shortNames") or []
    problems = [p for n in short if (p := _conflict(n, resources, have.get("shortNames") or ()))]
    if problems:
        refused.append(("ShortNamesConflict", _aggregate(problems)))
    else:
        _put(names, "shortNames", short)
    for field, reason in (("kind", "KindConflict"), ("listKind", "ListKindConflict")):
        _take(names, wanted, have, field, kinds, refused, reason)
    _put(names, "categories", wanted.get("categories") or [])
    accepted = condition("NamesAccepted", True, "NoConflicts", "no conflicts found")
    if refused:
        accepted = condition("NamesAccepted", False, *refused[-1])
    established = condition("Established", False, "NotAccepted", "not all names are accepted")
    old = find_condition(crd, "Established")
    if old is not None:
        established = {n: old.get(n) for n in ("type", "status", "reason", "message")}
    if established["status"] != "True" and not refused and established["reason"] != "InvalidCABundle":
        established = condition("Established", False, "Installing", "the initial names have been accepted")
    return _ordered(names), accepted, established


def establishment(crd: Object) -> Object:
    """What a definition becomes whose names are accepted; without a webhook that can be trusted it is not served."""
    if authorities.complaint(conversion_bundle(crd["spec"])):
        return condition("Established", False, "InvalidCABundle", "The conversion webhook CABundle is invalid")
    return condition("Established", True, "InitialNamesAccepted", "the initial names have been accepted")


def _taken(crd: Object, of_group: Iterable[Object]) -> tuple[set[str], set[str]]:
    resources: set[str] = set()
    kinds: set[str] = set()
    for other in of_group:
        if other["metadata"]["name"] == crd["metadata"]["name"]:
            continue
        names = (other.get("status") or {}).get("acceptedNames") or {}
        resources.update(names.get("shortNames") or ())
        resources.update(n for n in (names.get("plural"), names.get("singular")) if n)
        kinds.update(n for n in (names.get("kind"), names.get("listKind")) if n)
    return resources, kinds


def _take(
    names: Object, wanted: Object, have: Object, field: str, taken: set[str], refused: list[tuple[str, str]], why: str
) -> None:
    name = wanted.get(field) or ""
    problem = _conflict(name, taken, (have.get(field),))
    if problem:
        refused.append((why, problem))
    else:
        _put(names, field, name)


def _conflict(name: str, taken: set[str], own: Iterable[str | None]) -> str:
    return f"{json.dumps(name)} is already in use" if name in taken and name not in own else ""


def _aggregate(problems: list[str]) -> str:
    unique = list(dict.fromkeys(problems))
    return unique[0] if len(unique) == 1 else "[" + ", ".join(unique) + "]"


def _put(names: Object, field: str, value: Any) -> None:
    if value:
        names[field] = value
    else:
        names.pop(field, None)


def _ordered(names: Object) -> Object:
    order = ("plural", "singular", "shortNames", "kind", "listKind", "categories")
    return {n: names.get(n, "") for n in order if n in names or n in ("plural", "kind")}


def approval(crd: Object) -> Object | None:
    """The condition of a community group's definition; None for any other group."""
    if not is_protected(crd["spec"]["group"]):
        return None
    state, why = approval_state(crd)
    return condition(_APPROVAL, state == "approved", _APPROVAL_REASONS[state], why)


def non_structural(crd: Object) -> Object | None:
    """The condition of a definition whose schemas are not structural (stored before that was checked)."""
    problems = [
        f"{e.path}: {e.message}"
        for i, version in enumerate(versions(crd))
        for e in structural(schema_of(version), f"spec.versions[{i}].schema.openAPIV3Schema")
    ]
    if not problems:
        return None
    return condition("NonStructuralSchema", True, "Violations", _aggregate(problems))
