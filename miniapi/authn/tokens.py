"""Static bearer tokens (--token-auth-file), as authentication/token/tokenfile reads them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from miniapi.meta.user import UserInfo


def read_token_file(path: Path) -> dict[str, UserInfo]:
    """Token -> user; the last line of a token counts. ValueError names the line that cannot be read."""
    users: dict[str, UserInfo] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file, skipinitialspace=True), 1):
            if not row:
                continue
            if len(row) < 3:
                raise ValueError(f"line {number} has {len(row)} columns, it takes at least token,user,uid")
            if row[0]:
                groups = tuple(row[3].split(",")) if len(row) > 3 and row[3] else ()
                users[row[0]] = UserInfo(row[1], row[2], groups)
    return users


class StaticTokens:
    """One dict lookup. The tokens know no audience: they are good for the server's own."""

    def __init__(self, users: Mapping[str, UserInfo], api_audiences: tuple[str, ...] = ()) -> None:
        self._users = users
        self._api_audiences = api_audiences

    async def authenticate_token(self, token: str, audiences: tuple[str, ...]) -> UserInfo | None:
        """authenticator.WrapAudienceAgnosticToken: none of the audiences asked for means no answer."""
        user = self._users.get(token)
        if user is None or not audiences:
            return user
        good_for = tuple(a for a in self._api_audiences if a in audiences)
        if not good_for:
            return None
        return UserInfo(user.name, user.uid, user.groups, user.extra, good_for)
