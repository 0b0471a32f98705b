"""Rules of webhooks and policies: which operations on which resources they mean (webhook/predicates/rules)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miniapi.meta.gvk import GroupVersionResource

Rule = Mapping[str, Any]

EXEMPT = frozenset(
    (
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
    )
)
"""Of admissionregistration.k8s.io: no webhook may stand in the way of mending webhooks."""


def is_exempt(group: str, plural: str) -> bool:
    """Whether no webhook and no policy is ever asked about the resource."""
    return group == "admissionregistration.k8s.io" and plural in EXEMPT


def matches(rule: Rule, operation: str, gvr: GroupVersionResource, subresource: str, *, namespaced: bool) -> bool:
    """Whether the rule means the request; `namespaced` is of the request, and false for namespaces themselves."""
    return (
        _one_of(rule.get("operations") or (), operation)
        and _one_of(rule.get("apiGroups") or (), gvr.group)
        and _one_of(rule.get("apiVersions") or (), gvr.version)
        and _resource(rule.get("resources") or (), gvr.resource, subresource)
        and _scope(rule.get("scope"), namespaced)
    )


def _one_of(wanted: Sequence[str], value: str) -> bool:
    return "*" in wanted or value in wanted


def _resource(patterns: Sequence[str], resource: str, subresource: str) -> bool:
    for pattern in patterns:
        wanted, _, below = pattern.partition("/")
        if wanted in ("*", resource) and below in ("*", subresource):
            return True
    return False


def _scope(scope: str | None, namespaced: bool) -> bool:
    return scope in (None, "*") or namespaced == (scope == "Namespaced")
