"""Tokens that another service knows (--authentication-token-webhook-config-file; token/webhook)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from miniapi.authn.interface import InvalidCredential
from miniapi.client.review_webhook import WebhookFailed
from miniapi.meta.user import UserInfo

REMEMBERED_TOKENS = 4096


class Reviews(Protocol):
    """Answers a TokenReview; raises WebhookFailed."""

    async def ask(self, review: dict[str, Any], /) -> dict[str, Any]: ...


class WebhookTokens:
    """Asks by TokenReview; answers are remembered, failures to answer are not."""

    def __init__(
        self,
        reviews: Reviews,
        version: str,
        api_audiences: tuple[str, ...],
        cache_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reviews = reviews
        self._version = version
        self._api_audiences = api_audiences
        self._cache_seconds = cache_seconds
        self._clock = clock
        self._answers: dict[tuple[str, tuple[str, ...]], tuple[float, Mapping[str, Any]]] = {}

    async def authenticate_token(self, token: str, audiences: tuple[str, ...]) -> UserInfo | None:
        """None where the service knows the token no more than we do."""
        status = await self._status(token, audiences)
        good_for: tuple[str, ...] = ()
        if audiences:
            given = status.get("audiences") or self._api_audiences
            good_for = tuple(a for a in audiences if a in given)
            if not good_for:
                return None
        if not status.get("authenticated"):
            if status.get("error"):
                raise InvalidCredential(str(status["error"]))
            return None
        user = status.get("user") or {}
        extra = {k: tuple(v or ()) for k, v in (user.get("extra") or {}).items()}
        groups = tuple(user.get("groups") or ())
        return UserInfo(user.get("username", ""), user.get("uid", ""), groups, extra, good_for)

    async def _status(self, token: str, audiences: tuple[str, ...]) -> Mapping[str, Any]:
        key, now = (token, audiences), self._clock()
        known = self._answers.get(key)
        if known is not None and known[0] > now:
            return known[1]
        spec: dict[str, Any] = {"token": token, **({"audiences": list(audiences)} if audiences else {})}
        review = {
            "kind": "TokenReview",
            "apiVersion": f"authentication.k8s.io/{self._version}",
            "metadata": {},
            "spec": spec,
            "status": {"user": {}},
        }
        try:
            status: Mapping[str, Any] = (await self._reviews.ask(review))["status"]
        except WebhookFailed as problem:
            raise InvalidCredential(str(problem)) from None
        if len(self._answers) >= REMEMBERED_TOKENS:
            self._answers.clear()
        self._answers[key] = (now + self._cache_seconds, status)
        return status
