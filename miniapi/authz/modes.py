"""The modes that need no data, the privileged group, and the union of all modes (apiserver/pkg/authorization)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from miniapi.authz.interface import Attributes, Authorizer, Decision, RuleResolver
from miniapi.meta.user import MASTERS_GROUP, UserInfo

Rules = tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]], bool, str]
"""(resource rules, non-resource rules, incomplete, evaluation error)."""

NODES_GROUP = "system:nodes"
NODE_USER_PREFIX = "system:node:"

_ALLOWED = Decision("allow")
_DENIED = Decision("no_opinion", "Everything is forbidden.")
_EVERYTHING = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
_EVERYWHERE = {"verbs": ["*"], "nonResourceURLs": ["*"]}


class AlwaysAllow:
    """Allows everything."""

    async def authorize(self, attributes: Attributes) -> Decision:
        """Allows."""
        del attributes
        return _ALLOWED

    async def rules_for(self, user: UserInfo, namespace: str) -> Rules:
        """Everything, everywhere."""
        del user, namespace
        return [_EVERYTHING], [_EVERYWHERE], False, ""


class AlwaysDeny:
    """Has no opinion that helps anybody."""

    async def authorize(self, attributes: Attributes) -> Decision:
        """No opinion, with a reason."""
        del attributes
        return _DENIED

    async def rules_for(self, user: UserInfo, namespace: str) -> Rules:
        """Nothing."""
        del user, namespace
        return [], [], False, ""


class Union:
    """system:masters may do everything; then the first authorizer with an opinion decides."""

    def __init__(self, authorizers: Sequence[Authorizer]) -> None:
        self._authorizers = tuple(authorizers)

    async def authorize(self, attributes: Attributes) -> Decision:
        """The reasons and errors of those without opinion are joined."""
        if MASTERS_GROUP in attributes.user.groups:
            return _ALLOWED
        reasons, found_errors = [], []
        for authorizer in self._authorizers:
            decision = await authorizer.authorize(attributes)
            if decision.verdict != "no_opinion":
                return decision
            if decision.reason:
                reasons.append(decision.reason)
            if decision.error:
                found_errors.append(decision.error)
        return Decision("no_opinion", "\n".join(reasons), ", ".join(found_errors))


class RuleResolvers:
    """The rules of all modes together, in their order (union.unionAuthzRulesHandler)."""

    def __init__(self, resolvers: Sequence[RuleResolver]) -> None:
        self._resolvers = tuple(resolvers)

    async def rules_for(self, user: UserInfo, namespace: str) -> Rules:
        """Incomplete where one is; the errors joined."""
        resources: list[dict[str, Any]] = []
        others: list[dict[str, Any]] = []
        incomplete, problems = False, list[str]()
        for resolver in self._resolvers:
            more_resources, more_others, is_incomplete, problem = await resolver.rules_for(user, namespace)
            resources += more_resources
            others += more_others
            incomplete = incomplete or is_incomplete
            problems += [problem] if problem else []
        error = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]" if problems else ""
        return resources, others, incomplete, error
