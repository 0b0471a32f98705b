"""RBAC: roles and bindings, read from informers (plugin/pkg/auth/authorizer/rbac)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from miniapi.authz.interface import Attributes, Decision
from miniapi.meta.objects import Object
from miniapi.meta.user import UserInfo

GROUP = "rbac.authorization.k8s.io"
SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"
Rule = dict[str, Any]


class Source(Protocol):
    """Objects of one of the four kinds."""

    def get(self, namespace: str, name: str) -> Object | None: ...

    def list(self, namespace: str = "") -> Sequence[Object]: ...


class Rbac:
    """Allows what a binding gives; else has no opinion."""

    def __init__(self, roles: Source, role_bindings: Source, cluster_roles: Source, cluster_bindings: Source) -> None:
        self._roles, self._role_bindings = roles, role_bindings
        self._cluster_roles, self._cluster_bindings = cluster_roles, cluster_bindings

    async def authorize(self, attributes: Attributes) -> Decision:
        problems: list[str] = []
        for rules, reason in self._rules(attributes.user, attributes.namespace, problems):
            if any(allows(rule, attributes) for rule in rules):
                return Decision("allow", f"RBAC: allowed by {reason}")
        error = ", ".join(problems)
        if len(problems) > 1:
            error = f"[{error}]"
        return Decision("no_opinion", f"RBAC: {error}" if error else "", error)

    def _rules(self, user: UserInfo, namespace: str, problems: list[str]) -> Iterator[tuple[Sequence[Rule], str]]:
        for binding in self._cluster_bindings.list():
            subject = applies(user, binding.get("subjects") or [], "")
            if subject is not None:
                rules = self._of(binding["roleRef"], "", problems)
                yield rules, f'ClusterRoleBinding "{binding["metadata"]["name"]}" of {_role(binding)} to {_subject(subject)}'
        if namespace:
            for binding in self._role_bindings.list(namespace):
                subject = applies(user, binding.get("subjects") or [], namespace)
                if subject is not None:
                    rules = self._of(binding["roleRef"], namespace, problems)
                    name = f'{binding["metadata"]["name"]}/{namespace}'
                    yield rules, f'RoleBinding "{name}" of {_role(binding)} to {_subject(subject)}'

    def _of(self, reference: dict[str, Any], namespace: str, problems: list[str]) -> Sequence[Rule]:
        name, kind = reference.get("name", ""), reference.get("kind", "")
        found = self._cluster_roles.get("", name) if kind == "ClusterRole" else self._roles.get(namespace, name)
        if found is None:
            plural = "clusterrole" if kind == "ClusterRole" else "role"
            problems.append(f'{plural}.{GROUP} "{name}" not found')
            return ()
        return found.get("rules") or ()

    async def rules_for(
        self, user: UserInfo, namespace: str
    ) -> tuple[Sequence[Rule], Sequence[Rule], bool, str]:
        """What a user may do in a namespace, for SelfSubjectRulesReview."""
        problems: list[str] = []
        resource_rules: list[Rule] = []
        other_rules: list[Rule] = []
        for rules, _ in self._rules(user, namespace, problems):
            for rule in rules:
                if rule.get("resources"):
                    resource_rules.append(
                        {
                            k: rule[k]
                            for k in ("verbs", "apiGroups", "resources", "resourceNames")
                            if rule.get(k)
                        }
                    )
                if rule.get("nonResourceURLs"):
                    other_rules.append({"verbs": rule.get("verbs") or [], "nonResourceURLs": rule["nonResourceURLs"]})
        return resource_rules, other_rules, bool(problems), ", ".join(problems)


def applies(user: UserInfo, subjects: Sequence[dict[str, Any]], namespace: str) -> dict[str, Any] | None:
    """The first subject that means the user."""
    for subject in subjects:
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "User":
            if name == user.name:
                return subject
        elif kind == "Group":
            if name in user.groups:
                return subject
        elif kind == "ServiceAccount":
            of = subject.get("namespace") or namespace
            if of and user.name == f"{SERVICE_ACCOUNT_PREFIX}{of}:{name}":
                return subject
    return None


def _role(binding: Object) -> str:
    reference = binding["roleRef"]
    return f'{reference.get("kind", "")} "{reference.get("name", "")}"'


def _subject(subject: dict[str, Any]) -> str:
    name = subject.get("name", "")
    if subject.get("kind") == "ServiceAccount":
        name = f"{name}/{subject.get('namespace', '')}"
    return f'{subject.get("kind", "")} "{name}"'


def allows(rule: Rule, attributes: Attributes) -> bool:
    """One rule, one request (RuleAllows)."""
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
    resource, sub = attributes.resource, attributes.subresource
    combined = f"{resource}/{sub}" if sub else resource
    for wanted in rule.get("resources") or ():
        if wanted in ("*", combined):
            return True
        if sub and wanted == f"*/{sub}":
            return True
    return False


def _path_matches(wanted: str, path: str) -> bool:
    return wanted in ("*", path) or (wanted.endswith("*") and path.startswith(wanted.rstrip("*")))
