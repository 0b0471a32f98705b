"""Which handler serves which question of identity and rights."""

from __future__ import annotations

from miniapi.authn.builtin import Authentication
from miniapi.authn.interface import ObjectGetter
from miniapi.authz.builtin import Authorization
from miniapi.endpoints.scope import ResourceHandler
from miniapi.kube.handlers.access_reviews import (
    local_subject_access_reviews,
    self_subject_access_reviews,
    subject_access_reviews,
)
from miniapi.kube.handlers.identity_reviews import self_subject_reviews, self_subject_rules_reviews, token_reviews
from miniapi.kube.handlers.token_request import TokenRequests

_AUTHENTICATION, _AUTHORIZATION = "authentication.k8s.io", "authorization.k8s.io"


def identity_handlers(
    identity: Authentication, rights: Authorization, objects: ObjectGetter
) -> dict[tuple[str, str, str], ResourceHandler]:
    """Handlers by (group, plural, subresource)."""
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
