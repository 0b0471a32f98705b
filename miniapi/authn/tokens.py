"""Static bearer tokens (--token-auth-file)."""

from __future__ import annotations

import csv
from pathlib import Path

from miniapi.authn.interface import InvalidCredential
from miniapi.meta.user import UserInfo
from miniapi.wire import Request


def read_token_file(path: Path) -> dict[str, UserInfo]:
    """Token -> user. ValueError names the line that cannot be read."""
    users: dict[str, UserInfo] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file, skipinitialspace=True), 1):
            if not row:
                continue
            if len(row) < 3:
                raise ValueError(f"line {number} has {len(row)} columns, it takes at least token,user,uid")
            if not row[0]:
                raise ValueError(f"line {number} has an empty token")
            groups = tuple(g.strip() for g in row[3].split(",") if g.strip()) if len(row) > 3 else ()
            users[row[0]] = UserInfo(row[1], row[2], groups)
    return users


def bearer(request: Request) -> str:
    """The bearer token of a request, or the empty string."""
    header: str = request.headers.get("Authorization", "")
    if header[:7].lower() != "bearer ":
        return ""
    return header[7:].strip()


class TokenAuthenticator:
    """One dict lookup."""

    def __init__(self, users: dict[str, UserInfo]) -> None:
        self._users = users

    async def authenticate(self, request: Request) -> UserInfo | None:
        token = bearer(request)
        if not token:
            return None
        user = self._users.get(token)
        if user is None:
            raise InvalidCredential("the bearer token is not known")
        return user
