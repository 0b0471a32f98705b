"""The front proxy: who shows a certificate of its CA may name the user in headers (request/headerrequest)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from miniapi.authn.certificate import ChainCheck, user_of_certificate
from miniapi.authn.interface import InvalidCredential
from miniapi.meta.user import UserInfo
from miniapi.wire import Request


@dataclass(frozen=True, slots=True)
class RequestHeaders:
    """Which headers are believed, and from whom."""

    username: Sequence[str] = ("X-Remote-User",)
    uid: Sequence[str] = ()
    group: Sequence[str] = ("X-Remote-Group",)
    extra_prefix: Sequence[str] = ("X-Remote-Extra-",)
    allowed_names: Sequence[str] = ()
    """Common names of the proxies; any where empty."""


class RequestHeaderAuthenticator:
    """Believes the headers only over a connection whose certificate the front proxy's CA issued."""

    def __init__(self, headers: RequestHeaders, issued: ChainCheck) -> None:
        self._names = headers
        self._issued = issued

    async def authenticate(self, request: Request) -> UserInfo | None:
        """InvalidCredential where the proxy is not one of the allowed names."""
        der = request.peer.certificate
        if der is None or not self._issued(der):
            return None
        proxy, _, _ = user_of_certificate(der)
        allowed = self._names.allowed_names
        if allowed and (proxy is None or proxy.name not in allowed):
            raise InvalidCredential(f"x509: subject with cn={proxy.name if proxy else ''} is not in the allowed list")
        name = self._first(request, self._names.username)
        if not name:
            return None
        return UserInfo(name, self._first(request, self._names.uid), self._groups(request), self._extra(request))

    def _first(self, request: Request, names: Sequence[str]) -> str:
        for name in names:
            value: str = request.headers.get(name, "").strip()
            if value:
                return value
        return ""

    def _groups(self, request: Request) -> tuple[str, ...]:
        return tuple(g for name in self._names.group for g in request.headers.getall(name, []) if g)

    def _extra(self, request: Request) -> dict[str, list[str]]:
        extra: dict[str, list[str]] = {}
        for name, value in request.headers.items():
            for prefix in self._names.extra_prefix:
                if name.lower().startswith(prefix.lower()):
                    extra.setdefault(unquote(name[len(prefix) :].lower()), []).append(value)
        return extra
