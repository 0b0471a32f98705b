"""Who is this, and what may it do: reviews of tokens, of the requester, of the requester's rules."""

from __future__ import annotations

from miniapi import errors
from miniapi.authn.bearer import BearerAuthenticator
from miniapi.authn.interface import InvalidCredential
from miniapi.authz.interface import RuleResolver
from miniapi.clock import rfc3339
from miniapi.endpoints.writes import user_of
from miniapi.kube.handlers.virtual import Question, VirtualHandler
from miniapi.meta.objects import Object


def token_reviews(bearer: BearerAuthenticator) -> VirtualHandler:
    """Whose the token of the spec is (pkg/registry/authentication/tokenreview)."""

    async def answer(question: Question) -> Object:
        review = question.obj
        spec = review.get("spec") or {}
        token = spec.get("token") or ""
        if not token:
            raise errors.bad_request("token is required for TokenReview in authentication")
        await question.validate()
        try:
            user = await bearer.review(token, spec.get("audiences") or ())
        except InvalidCredential as problem:
            return {**review, "status": {"user": {}, "error": str(problem)}}
        status: Object = {"authenticated": True, "user": user.as_dict()}
        if user.audiences:
            status["audiences"] = list(user.audiences)
        return {**review, "status": status}

    return VirtualHandler(answer)


def self_subject_reviews() -> VirtualHandler:
    """Who the requester is (pkg/registry/authentication/selfsubjectreview)."""

    async def answer(question: Question) -> Object:
        await question.validate()
        gvk = question.scope.gvk
        return {
            "kind": gvk.kind,
            "apiVersion": gvk.api_version,
            "metadata": {"creationTimestamp": rfc3339(question.write.now)},
            "status": {"userInfo": user_of(question.context).as_dict()},
        }

    return VirtualHandler(answer)


def self_subject_rules_reviews(rules: RuleResolver) -> VirtualHandler:
    """What the requester may do in a namespace (pkg/registry/authorization/selfsubjectrulesreview)."""

    async def answer(question: Question) -> Object:
        namespace = (question.obj.get("spec") or {}).get("namespace") or ""
        if not namespace:
            raise errors.bad_request("no namespace on request")
        await question.validate()
        resources, others, incomplete, problem = await rules.rules_for(user_of(question.context), namespace)
        status: Object = {"resourceRules": list(resources), "nonResourceRules": list(others), "incomplete": incomplete}
        if problem:
            status["evaluationError"] = problem
        gvk = question.scope.gvk
        return {"kind": gvk.kind, "apiVersion": gvk.api_version, "metadata": {}, "spec": {}, "status": status}

    return VirtualHandler(answer)
