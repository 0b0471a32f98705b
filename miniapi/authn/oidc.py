"""Tokens of OpenID Connect issuers (apiserver/plugin/pkg/authenticator/token/oidc)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from miniapi.authn import jose
from miniapi.authn.certificate import CREDENTIAL_ID_KEY
from miniapi.authn.claims import Claim, Rule
from miniapi.authn.interface import InvalidCredential
from miniapi.meta.user import UserInfo


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer, and how its claims are read."""

    url: str
    audiences: tuple[str, ...]
    username: Claim
    groups: Claim = Claim()
    uid: Claim = Claim()
    required: Mapping[str, str] = field(default_factory=dict)
    """Claims and the values that they must have."""
    claim_rules: tuple[Rule, ...] = ()
    user_rules: tuple[Rule, ...] = ()
    extra: tuple[tuple[str, Claim], ...] = ()
    """(key, where its values come from)."""
    algorithms: tuple[str, ...] = ("RS256",)
    discovery_url: str = ""
    """Where the discovery document is, where not at the issuer's own well-known path."""
    ca: bytes = b""
    """PEM certificates to trust; the system's where empty."""


class KeySource(Protocol):
    """The issuer's keys."""

    async def keys(self, key_id: str) -> Sequence[jose.PublicKey]:
        """All, fetched again where `key_id` is not among them. InvalidCredential where they cannot be had."""
        ...


class OidcTokens:
    """Believes what the issuer signed for one of the audiences."""

    def __init__(
        self, issuer: Issuer, keys: KeySource, api_audiences: tuple[str, ...], clock: Callable[[], float] = time.time
    ) -> None:
        self._issuer, self._keys = issuer, keys
        self._api_audiences = api_audiences
        self._clock = clock

    async def authenticate_token(self, token: str, audiences: tuple[str, ...]) -> UserInfo | None:
        """None for tokens of other issuers, and where none of the API's audiences is asked for."""
        said = jose.unverified_claims(token)
        if said is None or said.get("iss") != self._issuer.url:
            return None
        good_for = tuple(a for a in self._api_audiences if not audiences or a in audiences)
        if audiences and not good_for:
            return None
        keys = await self._keys.keys(jose.key_id_of(token))
        try:
            claims = jose.verify(token, keys, self._issuer.algorithms)
        except jose.BadToken as problem:
            raise InvalidCredential(f"oidc: verify token: {problem}") from None
        self._check(claims)
        return self._user(claims, good_for)

    def _check(self, claims: Mapping[str, Any]) -> None:
        given = claims.get("aud") or []
        named = [given] if isinstance(given, str) else given
        if not any(a in self._issuer.audiences for a in named):
            raise InvalidCredential(f"oidc: verify token: expected audience in {self._issuer.audiences} got {named}")
        now, expiry, not_before = self._clock(), claims.get("exp"), claims.get("nbf")
        if not isinstance(expiry, int | float) or now > expiry:
            raise InvalidCredential("oidc: verify token: token is expired")
        if isinstance(not_before, int | float) and now < not_before:
            raise InvalidCredential("oidc: verify token: token is not valid yet")
        for name, wanted in self._issuer.required.items():
            if claims.get(name) != wanted:
                raise InvalidCredential(f"oidc: required claim {name} not present or not {wanted}")
        for rule in self._issuer.claim_rules:
            rule.check(claims=claims)

    def _user(self, claims: Mapping[str, Any], good_for: tuple[str, ...]) -> UserInfo:
        issuer = self._issuer
        name = issuer.username.read(claims)
        if not isinstance(name, str) or not name:
            raise InvalidCredential(f"oidc: parse username claims {issuer.username.name!r}: claim not present")
        if issuer.username.name == "email" and claims.get("email_verified", True) is not True:
            raise InvalidCredential("oidc: email not verified")
        token_id = claims.get("jti")
        extra: dict[str, Sequence[str]] = {CREDENTIAL_ID_KEY: (f"JTI={token_id}",)} if token_id else {}
        extra.update((key, tuple(values)) for key, claim in issuer.extra if (values := claim.strings(claims)))
        user = UserInfo(
            f"{issuer.username.prefix}{name}",
            str(issuer.uid.read(claims) or ""),
            tuple(issuer.groups.strings(claims)),
            extra,
            good_for,
        )
        for rule in issuer.user_rules:
            rule.check(user={"username": "", "uid": "", "groups": [], "extra": {}, **user.as_dict()})
        return user
