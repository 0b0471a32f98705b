"""Asks each authenticator in turn (authentication/request/{union,anonymous})."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from miniapi.authn.bearer import authenticated
from miniapi.authn.interface import Authenticator, InvalidCredential, all_problems
from miniapi.meta.user import ANONYMOUS, LOOPBACK, UNAUTHENTICATED_GROUP, UserInfo
from miniapi.wire import Request

_ANONYMOUS = UserInfo(ANONYMOUS, groups=(UNAUTHENTICATED_GROUP,))


class Union:
    """The loopback identity, then the authenticators in order, then anonymous where that is allowed.

    A wrong credential does not make a request anonymous.
    """

    def __init__(
        self, authenticators: Sequence[Authenticator], *, anonymous: bool, anonymous_paths: Collection[str] = ()
    ) -> None:
        self._authenticators = tuple(authenticators)
        self._anonymous = anonymous
        self._anonymous_paths = frozenset(anonymous_paths)
        """Where anybody may be anonymous; everywhere if empty."""

    async def authenticate(self, request: Request) -> UserInfo | None:
        """None where nobody may go without a credential."""
        if request.peer.loopback:
            return LOOPBACK
        problems: list[str] | None = None
        for authenticator in self._authenticators:
            try:
                user = await authenticator.authenticate(request)
            except InvalidCredential as problem:
                problems = [*(problems or ()), str(problem)]
                continue
            if user is not None:
                return authenticated(user)
        if problems is not None:
            raise InvalidCredential(all_problems(problems))
        if not self._anonymous or (self._anonymous_paths and request.path not in self._anonymous_paths):
            return None
        return _ANONYMOUS
