"""RBAC: allows what a binding gives, else has no opinion (plugin/pkg/auth/authorizer/rbac)."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.authz.interface import Attributes, Decision
from miniapi.authz.policy import GROUP as GROUP
from miniapi.authz.policy import PolicyIndex, PolicyReader, RoleNotFound, Source
from miniapi.authz.rules import Rule, allows
from miniapi.meta.user import UserInfo

REMEMBERED_DECISIONS = 8192

_Question = tuple[str, tuple[str, ...], str, str, str, str, str, str, str]


class Rbac:
    """Answers are remembered until a role or binding changes."""

    def __init__(self, roles: Source, role_bindings: Source, cluster_roles: Source, cluster_bindings: Source) -> None:
        self.policy = PolicyIndex()
        self.policy.follow(roles, role_bindings, cluster_roles, cluster_bindings)
        self._decisions: dict[_Question, Decision] = {}
        self._version = -1

    async def authorize(self, attributes: Attributes) -> Decision:
        """`allow` with the binding that gives it, or `no_opinion` with what could not be resolved."""
        a = attributes
        question = (
            a.user.name, a.user.groups, a.verb, a.path if not a.resource_request else "",
            a.group, a.resource, a.subresource, a.namespace, a.name,
        )  # fmt: skip
        if self._version != self.policy.version or len(self._decisions) >= REMEMBERED_DECISIONS:
            self._decisions.clear()
            self._version = self.policy.version
        decision = self._decisions.get(question)
        if decision is None:
            decision = self._decisions[question] = self._decide(attributes)
        return decision

    def _decide(self, attributes: Attributes) -> Decision:
        problems: list[str] = []
        for grant, description in self.policy.grants(attributes.user, attributes.namespace):
            try:
                rules = self.policy.rules_of(grant.role_kind, grant.role_name, grant.namespace)
            except (RoleNotFound, ValueError) as problem:
                problems.append(str(problem))
                continue
            if any(allows(rule, attributes) for rule in rules):
                return Decision("allow", f"RBAC: allowed by {description}")
        if not problems:
            return Decision("no_opinion")
        return Decision("no_opinion", f"RBAC: {aggregate(problems)}")

    async def rules_for(self, user: UserInfo, namespace: str) -> tuple[Sequence[Rule], Sequence[Rule], bool, str]:
        """What a user may do in a namespace, for SelfSubjectRulesReview."""
        rules, problems = resolve(self.policy, user, namespace)
        resource_rules = [
            {k: rule[k] for k in ("verbs", "apiGroups", "resources", "resourceNames") if rule.get(k)}
            for rule in rules
            if rule.get("resources")
        ]
        other_rules = [
            {k: rule[k] for k in ("verbs", "nonResourceURLs") if rule.get(k)}
            for rule in rules
            if rule.get("nonResourceURLs")
        ]
        return resource_rules, other_rules, False, aggregate(problems) if problems else ""


def resolve(policy: PolicyReader, user: UserInfo, namespace: str) -> tuple[list[Rule], list[str]]:
    """Every rule that the user has in the namespace, and what could not be resolved."""
    rules: list[Rule] = []
    problems: list[str] = []
    for grant, _ in policy.grants(user, namespace):
        try:
            rules.extend(policy.rules_of(grant.role_kind, grant.role_name, grant.namespace))
        except (RoleNotFound, ValueError) as problem:
            problems.append(str(problem))
    return rules, problems


def aggregate(problems: Sequence[str]) -> str:
    """utilerrors.Aggregate: one message alone, several in brackets, none twice."""
    unique = list(dict.fromkeys(problems))
    return unique[0] if len(unique) == 1 else "[" + ", ".join(unique) + "]"
