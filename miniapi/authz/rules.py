"""RBAC's policy rules: what they allow, which cover which, and how they are written in messages.

Follows component-helpers/auth/rbac/validation, pkg/apis/rbac/v1/{helpers,evaluation_helpers}.go
and pkg/registry/rbac/validation/policy_compact.go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from miniapi.authz.interface import Attributes

Rule = dict[str, Any]
"""rbac.authorization.k8s.io/v1 PolicyRule."""

_FIELDS = (
    ("APIGroups", "apiGroups"),
    ("Resources", "resources"),
    ("NonResourceURLs", "nonResourceURLs"),
    ("ResourceNames", "resourceNames"),
    ("Verbs", "verbs"),
)


def allows(rule: Rule, attributes: Attributes) -> bool:
    """One rule, one request."""
    verbs = rule.get("verbs") or ()
    if "*" not in verbs and attributes.verb not in verbs:
        return False
    if not attributes.resource_request:
        return any(_path_matches(p, attributes.path) for p in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if "*" not in groups and attributes.group not in groups:
        return False
    names = rule.get("resourceNames") or ()
    if names and attributes.name not in names:
        return False
    sub = attributes.subresource
    combined = f"{attributes.resource}/{sub}" if sub else attributes.resource
    resources = rule.get("resources") or ()
    return "*" in resources or combined in resources or (bool(sub) and f"*/{sub}" in resources)


def _path_matches(wanted: str, path: str) -> bool:
    return wanted in ("*", path) or (wanted.endswith("*") and path.startswith(wanted.rstrip("*")))


def uncovered(owned: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """What of the wanted rules the owned ones do not cover, in pieces of one group, resource, verb and name each."""
    return [piece for rule in wanted for piece in _pieces(rule) if not any(_covers(o, piece) for o in owned)]


def _pieces(rule: Rule) -> Iterator[Rule]:
    verbs = rule.get("verbs") or ()
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in verbs:
                piece: Rule = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                names = rule.get("resourceNames")
                if names:
                    for name in names:
                        yield {**piece, "resourceNames": [name]}
                else:
                    yield piece
    for path in rule.get("nonResourceURLs") or ():
        for verb in verbs:
            yield {"nonResourceURLs": [path], "verbs": [verb]}


def _covers(owner: Rule, piece: Rule) -> bool:
    names, wanted_names = owner.get("resourceNames") or (), piece.get("resourceNames") or ()
    return (
        _has_all(owner.get("verbs") or (), piece["verbs"])
        and _has_all(owner.get("apiGroups") or (), piece.get("apiGroups") or ())
        and _covers_resources(owner.get("resources") or (), piece.get("resources") or ())
        and all(
            any(_covers_path(o, p) for o in owner.get("nonResourceURLs") or ())
            for p in piece.get("nonResourceURLs") or ()
        )
        and (not names or (bool(wanted_names) and all(n in names for n in wanted_names)))
    )


def _has_all(owned: Collection[str], wanted: Iterable[str]) -> bool:
    return "*" in owned or all(w in owned for w in wanted)


def _covers_resources(owned: Collection[str], wanted: Sequence[str]) -> bool:
    if _has_all(owned, wanted):
        return True
    for resource in wanted:
        if resource in owned:
            continue
        _, slash, sub = resource.partition("/")
        if not slash or f"*/{sub}" not in owned:
            return False
    return True


def _covers_path(owned: str, wanted: str) -> bool:
    return owned == wanted or (owned.endswith("*") and wanted.startswith(owned.rstrip("*")))


def compact(rules: Iterable[Rule]) -> list[Rule]:
    """Verbs of one resource and name joined; what is not so simple left as it is, in front."""
    others: list[Rule] = []
    simple: dict[tuple[str, str, str | None], Rule] = {}
    for rule in rules:
        groups: Sequence[str] = rule.get("apiGroups") or ()
        resources: Sequence[str] = rule.get("resources") or ()
        names: Sequence[str] = rule.get("resourceNames") or ()
        if len(groups) != 1 or len(resources) != 1 or len(names) > 1 or rule.get("nonResourceURLs"):
            others.append(rule)
            continue
        key = (groups[0], resources[0], names[0] if names else None)
        found = simple.get(key)
        if found is None:
            simple[key] = {**rule, "verbs": list(rule["verbs"])}
        else:
            found["verbs"] += rule["verbs"]
    return [*others, *simple.values()]


def described(rule: Rule) -> str:
    """`{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}` (CompactString)."""
    parts = (f"{title}:{quoted(rule[name])}" for title, name in _FIELDS if rule.get(name))
    return "{" + ", ".join(parts) + "}"


def quoted(items: Iterable[str]) -> str:
    """A list of strings as Go's %q writes it."""
    return "[" + " ".join(f'"{i}"' for i in items) + "]"
