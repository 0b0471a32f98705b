"""Rights that another service knows of (--authorization-webhook-config-file; authorizer/webhook)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import orjson

from miniapi.authz.interface import Attributes, Decision
from miniapi.authz.match_conditions import MatchConditions, Undecided
from miniapi.authz.modes import Rules
from miniapi.client.review_webhook import WebhookFailed
from miniapi.meta.selectors import parse_field_selector
from miniapi.meta.user import UserInfo

REMEMBERED_ANSWERS = 8192
MAX_CONTROLLED_ATTRIBUTES = 10000
"""Questions longer than this many characters are not remembered."""


class Reviews(Protocol):
    """Answers a SubjectAccessReview; raises WebhookFailed."""

    async def ask(self, review: dict[str, Any], /) -> dict[str, Any]: ...


class Webhook:
    """Asks by SubjectAccessReview. A service that does not answer has no opinion, or denies (failurePolicy Deny)."""

    def __init__(
        self,
        reviews: Reviews,
        version: str,
        allowed_seconds: float,
        denied_seconds: float,
        *,
        deny_on_failure: bool = False,
        conditions: MatchConditions | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reviews = reviews
        self._version = version
        self._seconds = {True: allowed_seconds, False: denied_seconds}
        self._deny_on_failure = deny_on_failure
        self._conditions = conditions
        self._clock = clock
        self._answers: dict[bytes, tuple[float, Mapping[str, Any]]] = {}

    async def authorize(self, attributes: Attributes) -> Decision:
        """What the service says."""
        try:
            if self._conditions is not None and not self._conditions.match(spec_of(attributes, "v1")):
                return Decision("no_opinion")
            status = await self._status(spec_of(attributes, self._version))
        except (WebhookFailed, Undecided) as problem:
            return Decision("deny" if self._deny_on_failure else "no_opinion", "", str(problem))
        reason = str(status.get("reason") or "")
        if status.get("denied"):
            both = "webhook subject access review returned both allow and deny response"
            return Decision("deny", reason, both if status.get("allowed") else "")
        return Decision("allow" if status.get("allowed") else "no_opinion", reason)

    async def rules_for(self, user: UserInfo, namespace: str) -> Rules:
        """Cannot be listed."""
        del user, namespace
        return [], [], True, "webhook authorizer does not support user rule resolution"

    async def _status(self, spec: dict[str, Any]) -> Mapping[str, Any]:
        key, now = orjson.dumps(spec, option=orjson.OPT_SORT_KEYS), self._clock()
        known = self._answers.get(key)
        if known is not None and known[0] > now:
            return known[1]
        review = {
            "kind": "SubjectAccessReview",
            "apiVersion": f"authorization.k8s.io/{self._version}",
            "metadata": {},
            "spec": spec,
            "status": {"allowed": False},
        }
        status: Mapping[str, Any] = (await self._reviews.ask(review))["status"]
        if len(key) < MAX_CONTROLLED_ATTRIBUTES:
            if len(self._answers) >= REMEMBERED_ANSWERS:
                self._answers.clear()
            self._answers[key] = (now + self._seconds[bool(status.get("allowed"))], status)
        return status


def spec_of(a: Attributes, version: str) -> dict[str, Any]:
    """The question as a review asks it; v1beta1 calls the groups `group`."""
    user: dict[str, Any] = {
        "user": a.user.name,
        "group" if version == "v1beta1" else "groups": list(a.user.groups),
        "extra": {k: list(v) for k, v in a.user.extra.items()},
        "uid": a.user.uid,
    }
    spec = {k: v for k, v in user.items() if v}
    if not a.resource_request:
        return {"nonResourceAttributes": {"path": a.path, "verb": a.verb}, **spec}
    resource: dict[str, Any] = {
        "namespace": a.namespace,
        "verb": a.verb,
        "group": a.group,
        "version": a.version,
        "resource": a.resource,
        "subresource": a.subresource,
        "name": a.name,
        "fieldSelector": _field_selector(a.field_selector),
    }
    return {"resourceAttributes": {k: v for k, v in resource.items() if v}, **spec}


def _field_selector(text: str) -> dict[str, Any] | None:
    try:
        terms = parse_field_selector(text)
    except ValueError:
        return None
    if not terms:
        return None
    return {
        "requirements": [
            {"key": t.field, "operator": "In" if t.equals else "NotIn", "values": [t.value]} for t in terms
        ]
    }
