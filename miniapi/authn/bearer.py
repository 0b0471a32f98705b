"""Bearer tokens: from the Authorization header or a WebSocket protocol to the first kind that knows them.

authentication/request/{bearertoken,websocket}, token/{union,cache}.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from miniapi.authn.interface import InvalidCredential, TokenAuthenticator, all_problems
from miniapi.meta.user import AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP, UserInfo
from miniapi.wire import Request

INVALID = "invalid bearer token"
WEBSOCKET_PROTOCOL = "base64url.bearer.authorization.k8s.io."
REMEMBERED_SECONDS = 10.0
REMEMBERED_TOKENS = 4096


class BearerAuthenticator:
    """Asks each kind of token in order; what was found is remembered for ten seconds, as the original does."""

    def __init__(
        self,
        kinds: Sequence[TokenAuthenticator],
        api_audiences: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kinds = tuple(kinds)
        self._api_audiences = api_audiences
        self._clock = clock
        self._found: dict[tuple[str, tuple[str, ...]], tuple[float, UserInfo]] = {}

    async def authenticate(self, request: Request) -> UserInfo | None:
        """None without a token; InvalidCredential for one that nobody knows."""
        token = bearer_token(request)
        if not token:
            return None
        return await self._known(token, self._api_audiences)

    async def review(self, token: str, audiences: Sequence[str] = ()) -> UserInfo:
        """What a TokenReview answers: the user with its audiences; InvalidCredential with the text of status.error.

        Without `audiences` the server's own are meant.
        """
        asked = tuple(audiences) or self._api_audiences
        try:
            user = await self._known(token, asked)
        except InvalidCredential as problem:
            # The original's loopback token is asked first and knows no other token.
            raise InvalidCredential(all_problems([INVALID, *problem.args])) from None
        if asked and not user.audiences:
            return replace(user, audiences=asked)
        return user

    async def _known(self, token: str, audiences: tuple[str, ...]) -> UserInfo:
        """Whom the token is of; who was found is believed for a while (authentication/token/cache)."""
        key = token, audiences
        found = self._found.get(key)
        if found is not None:
            if found[0] > self._clock():
                return found[1]
            del self._found[key]
        user = await self._ask(token, audiences)
        if len(self._found) >= REMEMBERED_TOKENS:
            self._found.clear()
        self._found[key] = (self._clock() + REMEMBERED_SECONDS, user)
        return user

    async def _ask(self, token: str, audiences: tuple[str, ...]) -> UserInfo:
        problems: list[str] = []
        for kind in self._kinds:
            try:
                user = await kind.authenticate_token(token, audiences)
            except InvalidCredential as problem:
                problems.append(str(problem))
                continue
            if user is not None:
                return authenticated(user)
        raise InvalidCredential(all_problems(problems) if problems else INVALID)


def bearer_token(request: Request) -> str:
    """The bearer token of a request, or the empty string."""
    header: str | None = request.headers.get("Authorization")
    if header:
        scheme, _, rest = header.strip().partition(" ")
        if scheme.lower() == "bearer":
            return rest.partition(" ")[0]
    protocols: str | None = request.headers.get("Sec-WebSocket-Protocol")
    if protocols and WEBSOCKET_PROTOCOL in protocols:
        return _websocket_token(protocols)
    return ""


def _websocket_token(protocols: str) -> str:
    tokens = [p.strip() for p in protocols.split(",") if p.strip().startswith(WEBSOCKET_PROTOCOL)]
    if len(tokens) != 1:
        raise InvalidCredential("multiple base64.bearer.authorization tokens specified")
    encoded = tokens[0].removeprefix(WEBSOCKET_PROTOCOL)
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidCredential("the token in Sec-WebSocket-Protocol is not base64url") from None


def authenticated(user: UserInfo) -> UserInfo:
    """The user in the group system:authenticated (authentication/group.AuthenticatedGroupAdder)."""
    if AUTHENTICATED_GROUP in user.groups or UNAUTHENTICATED_GROUP in user.groups:
        return user
    return replace(user, groups=(*user.groups, AUTHENTICATED_GROUP))
