"""ABAC: a file of policies, one JSON object a line (--authorization-policy-file; pkg/auth/authorizer/abac)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from miniapi.authz.interface import Attributes, Decision
from miniapi.authz.modes import Rules
from miniapi.meta.user import AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP, UserInfo

VERSION, KIND = "abac.authorization.kubernetes.io/v1beta1", "Policy"
FIELDS = frozenset({"user", "group", "readonly", "apiGroup", "resource", "namespace", "nonResourcePath"})
READING = ("get", "list", "watch")


class BadPolicy(Exception):
    """A line that is no policy; the message tells which and why."""


def read_policies(path: Path) -> list[Mapping[str, Any]]:
    """The file's policies; OSError or BadPolicy where it cannot be used."""
    policies: list[Mapping[str, Any]] = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        try:
            policy: Any = orjson.loads(text)
        except orjson.JSONDecodeError as problem:
            raise BadPolicy(f"line {number}: it is not JSON: {problem}") from None
        if not isinstance(policy, dict) or (policy.get("apiVersion"), policy.get("kind")) != (VERSION, KIND):
            raise BadPolicy(f"line {number}: it must be of apiVersion {VERSION} and kind {KIND}")
        spec = policy.get("spec") or {}
        unknown = sorted(spec.keys() - FIELDS)
        if unknown:
            raise BadPolicy(f"line {number}: unknown field spec.{unknown[0]}")
        policies.append(_completed(spec))
    return policies


def _completed(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """`*` as user or group means whoever is authenticated."""
    if spec.get("user") == "*" or spec.get("group") == "*":
        return {**spec, "user": "", "group": AUTHENTICATED_GROUP}
    return spec


class Abac:
    """Allows what a policy allows."""

    def __init__(self, policies: Sequence[Mapping[str, Any]]) -> None:
        self._policies = tuple(policies)

    async def authorize(self, attributes: Attributes) -> Decision:
        """`allow`, or no opinion with a reason."""
        if any(_matches(policy, attributes) for policy in self._policies):
            return Decision("allow")
        return Decision("no_opinion", "No policy matched.")

    async def rules_for(self, user: UserInfo, namespace: str) -> Rules:
        """What the policies of the user say, as far as rules can tell it."""
        resources: list[dict[str, Any]] = []
        others: list[dict[str, Any]] = []
        for policy in self._policies:
            if not _concerns(policy, user):
                continue
            verbs = list(READING) if policy.get("readonly") else ["*"]
            if policy.get("resource") and policy.get("namespace") in (namespace, "*"):
                groups = [policy.get("apiGroup", "")]
                resources.append({"verbs": verbs, "apiGroups": groups, "resources": [policy["resource"]]})
            if policy.get("nonResourcePath"):
                others.append({"verbs": verbs, "nonResourceURLs": [policy["nonResourcePath"]]})
        return resources, others, False, ""


def _matches(policy: Mapping[str, Any], a: Attributes) -> bool:
    if not _concerns(policy, a.user) or (policy.get("readonly") and a.verb not in READING):
        return False
    if a.resource_request:
        asked = {"namespace": a.namespace, "resource": a.resource, "apiGroup": a.group}
        return all(policy.get(name, "") in ("*", value) for name, value in asked.items())
    wanted = policy.get("nonResourcePath", "")
    return wanted in ("*", a.path) or (wanted.endswith("*") and a.path.startswith(wanted.rstrip("*")))


def _concerns(policy: Mapping[str, Any], user: UserInfo) -> bool:
    """Every subject that the policy names must be the user; one that names none is nobody's."""
    name, group = policy.get("user", ""), policy.get("group", "")
    if not name and not group:
        return False
    if UNAUTHENTICATED_GROUP in user.groups and group == AUTHENTICATED_GROUP:
        return False
    return (not name or name in ("*", user.name)) and (not group or group in user.groups)
