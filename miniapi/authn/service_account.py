"""Service account tokens: minted for TokenRequest, verified on every request (pkg/serviceaccount)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from miniapi.authn import jose
from miniapi.authn.certificate import CREDENTIAL_ID_KEY
from miniapi.authn.interface import InvalidCredential, ObjectGetter
from miniapi.authn.service_account_keys import ServiceAccountKeys
from miniapi.meta.user import UserInfo

LEEWAY_SECONDS = 60
"""How far clocks may differ, and how long a deleted object still counts (jwt.DefaultLeeway)."""
WARN_ONLY_EXPIRATION_SECONDS = 60 * 60 + 7
EXTENDED_EXPIRATION_SECONDS = 365 * 24 * 60 * 60
USERNAME_PREFIX = "system:serviceaccount:"

_EXTRA = "authentication.kubernetes.io/"


@dataclass(frozen=True, slots=True)
class BoundObject:
    """What a token dies with: a pod, secret or node."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class TokenSubject:
    """The account a token speaks for, and what it is bound to."""

    namespace: str
    name: str
    uid: str
    pod: BoundObject | None = None
    node: BoundObject | None = None
    """The token's own binding, or the node that the bound pod runs on."""
    secret: BoundObject | None = None


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a token lives, and when its use begins to be noted as stale (0: never)."""

    expiration_seconds: int
    warn_after_seconds: int = 0
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Minted:
    """A token, and the id (jti) by which audit knows it."""

    token: str
    token_id: str


def lifetime(
    requested_seconds: int, *, max_seconds: int, extend: bool, pod_bound: bool, api_audience: bool
) -> Lifetime:
    """What --service-account-max-token-expiration and -extend-token-expiration make of a request."""
    seconds, warning = requested_seconds, ""
    if 0 < max_seconds < requested_seconds:
        seconds = max_seconds
        warning = f"requested expiration of {requested_seconds} seconds shortened to {max_seconds} seconds"
    if extend and pod_bound and api_audience and requested_seconds == WARN_ONLY_EXPIRATION_SECONDS:
        return Lifetime(EXTENDED_EXPIRATION_SECONDS, seconds, warning)
    return Lifetime(seconds, 0, warning)


def username(namespace: str, name: str) -> str:
    """`system:serviceaccount:NAMESPACE:NAME`."""
    return f"{USERNAME_PREFIX}{namespace}:{name}"


def group_names(namespace: str) -> tuple[str, str]:
    """The groups of every account of the namespace."""
    return ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")


def claims(
    subject: TokenSubject, audiences: Sequence[str], life: Lifetime, issuer: str, now: datetime, token_id: str
) -> dict[str, Any]:
    """serviceaccount.Claims, with the issuer."""
    seconds = int(now.timestamp())
    private: dict[str, Any] = {
        "namespace": subject.namespace,
        "serviceaccount": {"name": subject.name, "uid": subject.uid},
    }
    for kind, bound in (("pod", subject.pod), ("secret", subject.secret), ("node", subject.node)):
        if bound is not None:
            private[kind] = {"name": bound.name, **({"uid": bound.uid} if bound.uid else {})}
    if life.warn_after_seconds:
        private["warnafter"] = seconds + life.warn_after_seconds
    return {
        "aud": list(audiences),
        "exp": seconds + life.expiration_seconds,
        "iat": seconds,
        "iss": issuer,
        "jti": token_id,
        "kubernetes.io": private,
        "nbf": seconds,
        "sub": username(subject.namespace, subject.name),
    }


class ServiceAccountTokens:
    """Mints with the signing key and the first issuer; verifies with all keys and issuers."""

    def __init__(
        self,
        keys: ServiceAccountKeys,
        issuers: Sequence[str],
        api_audiences: Sequence[str],
        objects: ObjectGetter | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self.issuers = tuple(issuers)
        self.api_audiences = tuple(api_audiences)
        self._objects = objects
        """None where --service-account-lookup is off."""
        self._clock = clock

    def mint(self, subject: TokenSubject, audiences: Sequence[str], life: Lifetime, now: datetime) -> Minted:
        """A signed token."""
        token_id = str(uuid.uuid4())
        issued = claims(subject, audiences, life, self.issuers[0], now, token_id)
        return Minted(jose.sign(issued, self._keys.signing), token_id)

    async def authenticate_token(self, token: str, audiences: tuple[str, ...]) -> UserInfo | None:
        """None for tokens of other issuers; InvalidCredential says in the original's words what is wrong."""
        said = jose.unverified_claims(token)
        if said is None or said.get("iss") not in self.issuers:
            return None
        try:
            verified = jose.verify(token, self._keys.verification)
        except jose.BadToken as problem:
            raise InvalidCredential(str(problem)) from None
        good_for = self._audiences(verified, audiences or self.api_audiences)
        self._check_times(verified)
        subject = _subject(verified)
        if self._objects is not None:
            await self._check_objects(self._objects, subject)
        return _user(subject, str(verified.get("jti") or ""), good_for)

    def _audiences(self, verified: Mapping[str, Any], asked: tuple[str, ...]) -> tuple[str, ...]:
        given = verified.get("aud") or list(self.api_audiences)
        own = [given] if isinstance(given, str) else [str(a) for a in given]
        good_for = tuple(a for a in asked if a in own)
        if not good_for and self.api_audiences:
            raise InvalidCredential(
                f"token audiences {_quoted(own)} is invalid for the target audiences {_quoted(asked)}"
            )
        return good_for

    def _check_times(self, verified: Mapping[str, Any]) -> None:
        now = self._clock()
        expiry, not_before = verified.get("exp"), verified.get("nbf")
        if isinstance(not_before, int | float) and now + LEEWAY_SECONDS < not_before:
            raise InvalidCredential("service account token is not valid yet")
        if isinstance(expiry, int | float) and now - LEEWAY_SECONDS > expiry:
            raise InvalidCredential("service account token has expired")

    async def _check_objects(self, objects: ObjectGetter, subject: TokenSubject) -> None:
        namespace, name = subject.namespace, subject.name
        account = await objects.get("", "serviceaccounts", namespace, name)
        if account is None:
            raise InvalidCredential(f'serviceaccounts "{name}" not found')
        if self._gone(account):
            raise InvalidCredential(f"service account {namespace}/{name} has been deleted")
        found = account["metadata"].get("uid", "")
        if found != subject.uid:
            raise InvalidCredential(f"service account UID ({found}) does not match claim ({subject.uid})")
        if subject.secret is not None:
            await self._check_bound(objects, "secret", namespace, subject.secret, "service account secret ref")
        if subject.pod is not None:
            await self._check_bound(objects, "pod", namespace, subject.pod, "service account pod ref")
        elif subject.node is not None:
            await self._check_bound(objects, "node", "", subject.node, "service account node ref")

    async def _check_bound(
        self, objects: ObjectGetter, kind: str, namespace: str, bound: BoundObject, reference: str
    ) -> None:
        obj = await objects.get("", f"{kind}s", namespace, bound.name)
        if obj is None or self._gone(obj):
            raise InvalidCredential("service account token has been invalidated")
        found = obj["metadata"].get("uid", "")
        if found != bound.uid:
            raise InvalidCredential(f"{kind} UID ({found}) does not match {reference} claim ({bound.uid})")

    def _gone(self, obj: Mapping[str, Any]) -> bool:
        deleted = obj["metadata"].get("deletionTimestamp")
        return bool(deleted) and datetime.fromisoformat(deleted).timestamp() < self._clock() - LEEWAY_SECONDS


def _subject(verified: Mapping[str, Any]) -> TokenSubject:
    private = verified.get("kubernetes.io")
    account = private.get("serviceaccount") if isinstance(private, dict) else None
    if not isinstance(private, dict) or not isinstance(account, dict):
        raise InvalidCredential("service account token claims could not be validated due to unexpected private claim")

    def bound(kind: str) -> BoundObject | None:
        said = private.get(kind)
        return BoundObject(str(said.get("name", "")), str(said.get("uid", ""))) if isinstance(said, dict) else None

    return TokenSubject(
        str(private.get("namespace", "")),
        str(account.get("name", "")),
        str(account.get("uid", "")),
        bound("pod"),
        bound("node"),
        bound("secret"),
    )


def _user(subject: TokenSubject, token_id: str, audiences: tuple[str, ...]) -> UserInfo:
    extra: dict[str, tuple[str]] = {}
    if subject.pod is not None:
        extra[f"{_EXTRA}pod-name"] = (subject.pod.name,)
        extra[f"{_EXTRA}pod-uid"] = (subject.pod.uid,)
    if token_id:
        extra[CREDENTIAL_ID_KEY] = (f"JTI={token_id}",)
    if subject.node is not None:
        extra[f"{_EXTRA}node-name"] = (subject.node.name,)
        if subject.node.uid:
            extra[f"{_EXTRA}node-uid"] = (subject.node.uid,)
    name = username(subject.namespace, subject.name)
    return UserInfo(name, subject.uid, group_names(subject.namespace), extra, audiences)


def _quoted(items: Sequence[str]) -> str:
    """A list of strings as Go's %q writes it."""
    return "[" + " ".join(f'"{i}"' for i in items) + "]"
