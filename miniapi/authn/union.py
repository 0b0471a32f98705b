"""Asks each authenticator in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from miniapi.authn.interface import Authenticator, InvalidCredential
from miniapi.meta.user import ANONYMOUS, AUTHENTICATED_GROUP, LOOPBACK, UNAUTHENTICATED_GROUP, UserInfo
from miniapi.wire import Request

_ANONYMOUS = UserInfo(ANONYMOUS, groups=(UNAUTHENTICATED_GROUP,))


class Union:
    """The loopback identity, then the authenticators in order, then anonymous where that is allowed."""

    def __init__(self, authenticators: Sequence[Authenticator], *, anonymous: bool) -> None:
        self._authenticators = tuple(authenticators)
        self._anonymous = anonymous

    async def authenticate(self, request: Request) -> UserInfo | None:
        if request.peer.loopback:
            return LOOPBACK
        problem: InvalidCredential | None = None
        for authenticator in self._authenticators:
            try:
                user = await authenticator.authenticate(request)
            except InvalidCredential as found:
                problem = found
                continue
            if user is not None:
                if AUTHENTICATED_GROUP in user.groups:
                    return user
                return replace(user, groups=(*user.groups, AUTHENTICATED_GROUP))
        if problem is not None:
            raise problem
        return _ANONYMOUS if self._anonymous else None
