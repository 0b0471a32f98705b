"""Authentication: from a request to a user, or to nobody."""

from __future__ import annotations

from typing import Protocol

from miniapi.meta.user import UserInfo
from miniapi.wire import Request


class Authenticator(Protocol):
    """One way of proving who one is."""

    async def authenticate(self, request: Request) -> UserInfo | None:
        """The user; None where the request carries no credential of this kind.

        Raises `InvalidCredential` where it carries one that is wrong.
        """
        ...


class InvalidCredential(Exception):
    """A credential that is wrong; the message goes to the log, never to the client."""
