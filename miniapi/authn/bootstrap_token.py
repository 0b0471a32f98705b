"""Bootstrap tokens of new nodes (--enable-bootstrap-token-auth; authenticator/token/bootstrap)."""

from __future__ import annotations

import base64
import hmac
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from miniapi.authn.interface import ObjectGetter
from miniapi.meta.user import UserInfo

NAMESPACE, PREFIX, TYPE = "kube-system", "bootstrap-token-", "bootstrap.kubernetes.io/token"
DEFAULT_GROUP = "system:bootstrappers"
_TOKEN = re.compile(r"([a-z0-9]{6})\.([a-z0-9]{16})")
_GROUP = re.compile(r"system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]")


class BootstrapTokens:
    """Believes what a secret of kube-system says, as long as it has not expired."""

    def __init__(
        self, objects: ObjectGetter, api_audiences: tuple[str, ...], clock: Callable[[], float] = time.time
    ) -> None:
        self._objects = objects
        self._api_audiences = api_audiences
        self._clock = clock

    async def authenticate_token(self, token: str, audiences: tuple[str, ...]) -> UserInfo | None:
        """None for whatever is not a good bootstrap token: the original tells no reason either."""
        parts = _TOKEN.fullmatch(token)
        good_for = tuple(a for a in self._api_audiences if not audiences or a in audiences)
        if parts is None or (audiences and not good_for):
            return None
        token_id, token_secret = parts.groups()
        secret = await self._objects.get("", "secrets", NAMESPACE, PREFIX + token_id)
        if secret is None or secret["metadata"].get("deletionTimestamp") or secret.get("type") != TYPE:
            return None
        said = {
            name: base64.b64decode(value or "").decode("utf-8", "replace")
            for name, value in (secret.get("data") or {}).items()
        }
        groups = _groups(said)
        if groups is None or not self._holds(said, token_id, token_secret):
            return None
        return UserInfo(f"system:bootstrap:{token_id}", "", groups, {}, good_for)

    def _holds(self, said: Mapping[str, str], token_id: str, token_secret: str) -> bool:
        if (
            not hmac.compare_digest(said.get("token-secret", "").encode(), token_secret.encode())
            or said.get("token-id") != token_id
        ):
            return False
        if said.get("usage-bootstrap-authentication") != "true":
            return False
        expiration = said.get("expiration")
        try:
            return not expiration or datetime.fromisoformat(expiration).timestamp() > self._clock()
        except ValueError:
            return False


def _groups(said: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The user's groups; None where the secret names one that such a user cannot have."""
    more = sorted({g for g in str(said.get("auth-extra-groups") or "").split(",") if g})
    return (DEFAULT_GROUP, *more) if all(_GROUP.fullmatch(g) for g in more) else None
