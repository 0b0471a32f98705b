"""Tokens kept in secrets of type kubernetes.io/service-account-token (pkg/serviceaccount/legacy.go).

They do not expire: they live as long as their secret and account.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from miniapi.authn import jose
from miniapi.authn.interface import InvalidCredential, ObjectGetter
from miniapi.authn.service_account import group_names, username
from miniapi.authn.service_account_keys import ServiceAccountKeys
from miniapi.meta.user import UserInfo

ISSUER = "kubernetes/serviceaccount"
SECRET_TYPE = "kubernetes.io/service-account-token"
ACCOUNT_NAME, ACCOUNT_UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"
"""Annotations of such a secret."""

_CLAIM = "kubernetes.io/serviceaccount/"
_NEEDED = (
    ("namespace", "namespace"),
    ("secret.name", "secretName"),
    ("service-account.name", "serviceAccountName"),
    ("service-account.uid", "serviceAccountUID"),
)
"""(end of the claim's name, how problems call it)."""


class LegacyTokens:
    """Mints for the controller that fills secrets; verifies against secret and account."""

    def __init__(self, keys: ServiceAccountKeys, api_audiences: Sequence[str], objects: ObjectGetter | None) -> None:
        self._keys = keys
        self._api_audiences = tuple(api_audiences)
        self._objects = objects
        """None where --service-account-lookup is off."""

    def mint(self, namespace: str, account: str, account_uid: str, secret: str) -> str:
        """A signed token."""
        claims = {
            "iss": ISSUER,
            "sub": username(namespace, account),
            f"{_CLAIM}namespace": namespace,
            f"{_CLAIM}secret.name": secret,
            f"{_CLAIM}service-account.name": account,
            f"{_CLAIM}service-account.uid": account_uid,
        }
        return jose.sign(claims, self._keys.signing)

    async def authenticate_token(self, token: str, audiences: tuple[str, ...]) -> UserInfo | None:
        """None for tokens of other issuers, and where none of the API's audiences is asked for."""
        said = jose.unverified_claims(token)
        if said is None or said.get("iss") != ISSUER:
            return None
        try:
            verified = jose.verify(token, self._keys.verification)
        except jose.BadToken as problem:
            raise InvalidCredential(str(problem)) from None
        asked = audiences or self._api_audiences
        good_for = tuple(a for a in self._api_audiences if a in asked)
        if not good_for and self._api_audiences:
            raise InvalidCredential("token audiences is invalid for the target audiences")
        namespace, secret, account, uid = _said(verified)
        if self._objects is not None:
            await _check(self._objects, token, namespace, secret, account, uid)
        return UserInfo(username(namespace, account), uid, group_names(namespace), {}, good_for)


def _said(verified: Mapping[str, Any]) -> tuple[str, str, str, str]:
    if not verified.get("sub"):
        raise InvalidCredential("sub claim is missing")
    values = []
    for name, title in _NEEDED:
        value = verified.get(f"{_CLAIM}{name}")
        if not value:
            raise InvalidCredential(f"{title} claim is missing")
        values.append(str(value))
    namespace, secret, account, uid = values
    if verified["sub"] != username(namespace, account):
        raise InvalidCredential("sub claim is invalid")
    return namespace, secret, account, uid


async def _check(objects: ObjectGetter, token: str, namespace: str, secret: str, account: str, uid: str) -> None:
    kept = await objects.get("", "secrets", namespace, secret)
    if kept is None or kept["metadata"].get("deletionTimestamp"):
        raise InvalidCredential("Token has been invalidated")
    if base64.b64decode((kept.get("data") or {}).get("token") or "") != token.encode():
        raise InvalidCredential("Token does not match server's copy")
    found = await objects.get("", "serviceaccounts", namespace, account)
    if found is None:
        raise InvalidCredential(f'serviceaccounts "{account}" not found')
    if found["metadata"].get("deletionTimestamp"):
        raise InvalidCredential(f"ServiceAccount {namespace}/{account} has been deleted")
    if found["metadata"]["uid"] != uid:
        raise InvalidCredential(f"ServiceAccount UID ({found['metadata']['uid']}) does not match claim ({uid})")
