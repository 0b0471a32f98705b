"""Nobody grants more than they have: what writing roles and bindings needs beside the right to write them.

Follows pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased and
pkg/registry/rbac/{escalation_check,helpers}.go. The original checks after mutating admission and before
validation, on create, update and patch.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miniapi import errors
from miniapi.authz.interface import Attributes, Authorizer
from miniapi.authz.policy import GROUP, PolicyReader
from miniapi.authz.rbac import resolve
from miniapi.authz.rules import Rule, compact, described, quoted, uncovered
from miniapi.meta.user import MASTERS_GROUP, UserInfo

Object = Mapping[str, Any]
Getter = Callable[[str, str, str, str], Awaitable[Object | None]]
"""(group, plural, namespace, name) -> the live object."""

FULL_AUTHORITY: tuple[Rule, ...] = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)
_COLLECTOR_FIELDS = ("ownerReferences", "finalizers", "managedFields")


@dataclass(frozen=True, slots=True)
class EscalationCheck:
    """Judges one write of a role or binding; raises the 403 (or the 404 of a binding's role)."""

    authorizer: Authorizer
    policy: PolicyReader
    get: Getter

    async def check(
        self, user: UserInfo, plural: str, namespace: str, name: str, obj: Object, old: Object | None
    ) -> None:
        """`plural` is one of the four; `name` the path's (empty in posts); other resources are none of ours."""
        if MASTERS_GROUP in user.groups or (old is not None and _only_for_the_collector(obj, old)):
            return
        if plural in ("roles", "clusterroles"):
            await self._check_role(user, plural, namespace, name, obj, old)
        elif plural in ("rolebindings", "clusterrolebindings"):
            await self._check_binding(user, plural, namespace, obj)

    async def _check_role(
        self, user: UserInfo, plural: str, namespace: str, name: str, obj: Object, old: Object | None
    ) -> None:
        question = Attributes(
            user, "escalate", group=GROUP, version="*", resource=plural, namespace=namespace, name=name
        )
        if (await self.authorizer.authorize(question)).verdict == "allow":
            return
        self._confirm(user, plural, namespace, obj, obj.get("rules") or ())
        if (_aggregates(obj) or (old is not None and _aggregates(old))) and self._missing(
            user, namespace, FULL_AUTHORITY
        ):
            raise errors.forbidden(
                plural, GROUP, _name(obj), "must have cluster-admin privileges to use the aggregationRule"
            )

    async def _check_binding(self, user: UserInfo, plural: str, namespace: str, obj: Object) -> None:
        reference = obj.get("roleRef") or {}
        kind, name = reference.get("kind", ""), reference.get("name", "")
        role_plural = {"ClusterRole": "clusterroles", "Role": "roles"}.get(kind)
        if role_plural is None:
            raise errors.server_error(f'unsupported role reference kind: "{kind}"')
        question = Attributes(
            user, "bind", group=reference.get("apiGroup", ""), version="*",
            resource=role_plural, namespace=namespace, name=name,
        )  # fmt: skip
        if (await self.authorizer.authorize(question)).verdict == "allow":
            return
        role = await self.get(GROUP, role_plural, namespace if kind == "Role" else "", name)
        if role is None:
            # The original's storage names the resource of the request, not the role's.
            raise errors.not_found(plural, GROUP, name)
        self._confirm(user, plural, namespace, obj, role.get("rules") or ())

    def _confirm(self, user: UserInfo, plural: str, namespace: str, obj: Object, rules: Sequence[Rule]) -> None:
        problem = self._missing(user, namespace, rules)
        if problem:
            raise errors.forbidden(plural, GROUP, _name(obj), problem)

    def _missing(self, user: UserInfo, namespace: str, rules: Sequence[Rule]) -> str:
        """What the user does not hold of the rules, as the message says it; empty where nothing is missing."""
        owned, problems = resolve(self.policy, user, namespace)
        return missing_rights(user, owned, rules, problems)


def missing_rights(user: UserInfo, owned: Sequence[Rule], rules: Sequence[Rule], problems: Sequence[str] = ()) -> str:
    """ConfirmNoEscalation: the message, or the empty string where the owned rules cover all."""
    missing = uncovered(owned, rules)
    if not missing:
        return ""
    lines = sorted({described(rule) for rule in compact(missing)})
    message = (
        f'user "{user.name}" (groups={quoted(user.groups)}) is attempting to grant RBAC permissions '
        "not currently held:\n" + "\n".join(lines)
    )
    return f"{message}; resolution errors: [{' '.join(problems)}]" if problems else message


def _aggregates(role: Object) -> bool:
    return bool((role.get("aggregationRule") or {}).get("clusterRoleSelectors"))


def _name(obj: Object) -> str:
    name: str = obj["metadata"].get("name", "")
    return name


def _only_for_the_collector(obj: Object, old: Object) -> bool:
    """IsOnlyMutatingGCFields: the garbage collector may finish without the rights of the role's author."""

    def rest(of: Object) -> dict[str, Any]:
        return {**of, "metadata": {k: v for k, v in of["metadata"].items() if k not in _COLLECTOR_FIELDS}}

    return rest(obj) == rest(old)
