"""May somebody do something: the three access reviews (pkg/registry/authorization)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from miniapi import errors
from miniapi.authz.interface import Attributes, Authorizer
from miniapi.endpoints.writes import user_of
from miniapi.kube.handlers.virtual import Answer, Question, VirtualHandler
from miniapi.meta.objects import Object
from miniapi.meta.selectors import new_requirement, parse_field_selector, parse_label_selector
from miniapi.meta.user import UserInfo
from miniapi.validation.accessreview import (
    local_subject_access_review,
    self_subject_access_review,
    subject_access_review,
)
from miniapi.validation.field import ErrorList

GROUP = "authorization.k8s.io"


def subject_access_reviews(authorizer: Authorizer) -> VirtualHandler:
    """What the user and groups of the spec may do."""
    return VirtualHandler(_review(authorizer, subject_access_review, _named))


def self_subject_access_reviews(authorizer: Authorizer) -> VirtualHandler:
    """What the requester may do."""
    return VirtualHandler(_review(authorizer, self_subject_access_review, lambda q: user_of(q.context)))


def local_subject_access_reviews(authorizer: Authorizer) -> VirtualHandler:
    """What the user and groups of the spec may do in the review's namespace."""
    return VirtualHandler(_review(authorizer, local_subject_access_review, _named))


def _review(
    authorizer: Authorizer, check: Callable[[Object], ErrorList], subject: Callable[[Question], UserInfo]
) -> Answer:
    async def answer(question: Question) -> Object:
        review = question.obj
        problems = check(review)
        if problems:
            # The original's internal object does not know its kind.
            raise errors.invalid("", GROUP, "", [p.cause() for p in problems])
        await question.validate()
        asked, unread = asked_of(review["spec"], subject(question))
        decision = await authorizer.authorize(asked)
        status: Object = {"allowed": decision.verdict == "allow"}
        if decision.verdict == "deny":
            status["denied"] = True
        if decision.reason:
            status["reason"] = decision.reason
        if problem := "; ".join(p for p in (decision.error, *unread) if p):
            status["evaluationError"] = problem
        return {**review, "status": status}

    return answer


def _named(question: Question) -> UserInfo:
    spec = question.obj["spec"]
    extra = {key: tuple(values or ()) for key, values in (spec.get("extra") or {}).items()}
    return UserInfo(spec.get("user", ""), spec.get("uid", ""), tuple(spec.get("groups") or ()), extra)


def asked_of(spec: Mapping[str, Any], user: UserInfo) -> tuple[Attributes, list[str]]:
    """-> (the question, what of its selectors could not be read and counts for nothing)."""
    resource = spec.get("resourceAttributes")
    if resource is None:
        path = spec["nonResourceAttributes"]
        return Attributes(user, path.get("verb", ""), path.get("path", ""), resource_request=False), []
    selectors: dict[str, str] = {}
    unread: list[str] = []
    for name, read in (("fieldSelector", _fields), ("labelSelector", _labels)):
        selectors[name], problem = read(resource.get(name) or {})
        if problem:
            partially = "partially " if selectors[name] else ""
            unread.append(f"spec.resourceAttributes.{name} {partially}ignored due to parse error")
    attributes = Attributes(
        user,
        resource.get("verb", ""),
        group=resource.get("group", ""),
        version=resource.get("version") or "*",
        resource=resource.get("resource", ""),
        subresource=resource.get("subresource", ""),
        namespace=resource.get("namespace", ""),
        name=resource.get("name", ""),
        field_selector=selectors["fieldSelector"],
        label_selector=selectors["labelSelector"],
    )
    return attributes, unread


def _fields(selector: Mapping[str, Any]) -> tuple[str, bool]:
    """-> (the selector as text, whether a part of it was left out)."""
    terms, problem = [], False
    for requirement in selector.get("requirements") or ():
        operator = {"In": "=", "NotIn": "!="}.get(requirement.get("operator", ""))
        values: list[str] = requirement.get("values") or []
        if operator is None or len(values) != 1:
            problem = True
        else:
            terms.append(f"{requirement['key']}{operator}{values[0]}")
    if terms or problem:
        return ",".join(terms), problem
    raw: str = selector.get("rawSelector") or ""
    try:
        parse_field_selector(raw)
    except ValueError:
        return "", True
    return raw, False


def _labels(selector: Mapping[str, Any]) -> tuple[str, bool]:
    """As `_fields`."""
    terms, problem = [], False
    forms = {"In": "{} in ({})", "NotIn": "{} notin ({})", "Exists": "{}{}", "DoesNotExist": "!{}{}"}
    for requirement in selector.get("requirements") or ():
        operator, key = requirement.get("operator", ""), requirement.get("key", "")
        values: list[str] = requirement.get("values") or []
        form = forms.get(operator)
        if form is None or not _makes_sense(key, operator, values):
            problem = True
        else:
            terms.append(form.format(key, ",".join(values)))
    if terms or problem:
        return ",".join(terms), problem
    raw: str = selector.get("rawSelector") or ""
    try:
        parse_label_selector(raw)
    except ValueError:
        return "", True
    return raw, False


def _makes_sense(key: str, operator: str, values: list[str]) -> bool:
    words = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    try:
        new_requirement(key, words[operator], values)
    except ValueError:
        return False
    return True
