"""Authentication: from a request to a user, or to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from miniapi.meta.user import UserInfo
from miniapi.wire import Request


class Authenticator(Protocol):
    """One way of proving who one is."""

    async def authenticate(self, request: Request) -> UserInfo | None:
        """The user; None where the request carries no credential of this kind.

        Raises `InvalidCredential` where it carries one that is wrong.
        """
        ...


class TokenAuthenticator(Protocol):
    """One kind of bearer token (authenticator.Token)."""

    async def authenticate_token(self, token: str, audiences: tuple[str, ...]) -> UserInfo | None:
        """The user, `audiences` set to those of the asked that the token is good for; None where the kind is another.

        Raises `InvalidCredential` where the token is of this kind and wrong.
        """
        ...


class ObjectGetter(Protocol):
    """Reads one live object: what a token is bound to must still be there."""

    async def get(self, group: str, plural: str, namespace: str, name: str, /) -> Mapping[str, Any] | None:
        """The object, None where it does not exist."""
        ...


class InvalidCredential(Exception):
    """A credential that is wrong; the message goes to the log or into a TokenReview, never into an answer."""


def all_problems(problems: list[str]) -> str:
    """utilerrors.Aggregate: one message alone, several in brackets, none twice."""
    unique = list(dict.fromkeys(problems))
    return unique[0] if len(unique) == 1 else "[" + ", ".join(unique) + "]"
