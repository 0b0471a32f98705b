"""Which handler serves which question of identity and rights, and what writes of roles and bindings must pass."""

from __future__ import annotations

from miniapi.authn.builtin import Authentication
from miniapi.authn.interface import ObjectGetter
from miniapi.authz.builtin import Authorization
from miniapi.authz.escalation import EscalationCheck
from miniapi.authz.policy import GROUP as RBAC_GROUP
from miniapi.authz.policy import PolicyIndex
from miniapi.endpoints.scope import Hooks, ResourceHandler
from miniapi.kube.handlers.access_reviews import (
    local_subject_access_reviews,
    self_subject_access_reviews,
    subject_access_reviews,
)
from miniapi.kube.handlers.identity_reviews import self_subject_reviews, self_subject_rules_reviews, token_reviews
from miniapi.kube.handlers.token_request import TokenRequests
from miniapi.meta.objects import Object
from miniapi.strategies.interface import WriteContext

Place = tuple[str, str, str]
"""(group, plural, subresource)."""

_AUTHENTICATION, _AUTHORIZATION = "authentication.k8s.io", "authorization.k8s.io"


def identity_handlers(
    identity: Authentication, rights: Authorization, objects: ObjectGetter
) -> dict[Place, ResourceHandler]:
    """Handlers by place."""
    longest, extend = int(identity.options.max_expiration_seconds), identity.options.extend_expiration
    requests = TokenRequests(identity.service_accounts, objects, longest, extend)
    authorizer = rights.authorizer
    return {
        ("", "serviceaccounts", "token"): requests.handler(),
        (_AUTHENTICATION, "tokenreviews", ""): token_reviews(identity.bearer),
        (_AUTHENTICATION, "selfsubjectreviews", ""): self_subject_reviews(),
        (_AUTHORIZATION, "subjectaccessreviews", ""): subject_access_reviews(authorizer),
        (_AUTHORIZATION, "selfsubjectaccessreviews", ""): self_subject_access_reviews(authorizer),
        (_AUTHORIZATION, "localsubjectaccessreviews", ""): local_subject_access_reviews(authorizer),
        (_AUTHORIZATION, "selfsubjectrulesreviews", ""): self_subject_rules_reviews(rights.rules),
    }


def identity_hooks(rights: Authorization, objects: ObjectGetter) -> dict[Place, Hooks]:
    """Nobody grants more than they have, and what is granted holds with the next request."""
    check = EscalationCheck(rights.authorizer, rights.policy, objects.get)
    plurals = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
    return {(RBAC_GROUP, plural, ""): _rbac_hooks(check, rights.policy, plural) for plural in plurals}


def _rbac_hooks(check: EscalationCheck, policy: PolicyIndex, plural: str) -> Hooks:
    async def before_create(obj: Object, ctx: WriteContext) -> None:
        # The original checks before it makes a name up: refusals do not tell a generated one.
        asked = {**obj, "metadata": {**obj["metadata"], "name": ctx.name}}
        await check.check(ctx.user, plural, ctx.namespace, ctx.path_name, asked, None)

    async def before_update(obj: Object, old: Object, ctx: WriteContext) -> None:
        await check.check(ctx.user, plural, ctx.namespace, ctx.name, obj, old)

    async def after_write(obj: Object, stored: bool) -> None:
        if stored:
            policy.written(obj)

    async def after_delete(obj: Object) -> None:
        policy.deleted(obj)

    return Hooks(before_create, before_update, after_write, after_delete)
