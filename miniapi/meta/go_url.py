"""URLs as Go's net/url reads them, and what it says of those that it cannot."""

from __future__ import annotations

import re
from dataclasses import dataclass

_scheme = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_userinfo = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*").fullmatch
_port = re.compile(r"(?::\d*)?").fullmatch
_escape = re.compile(r"%(?![0-9a-fA-F]{2})")
_no_host = re.compile(r"[\x00-\x20\"<>\\^`{|}%#/?]").search


@dataclass(slots=True, frozen=True)
class GoUrl:
    """url.URL, its parts as they were written."""

    scheme: str
    user: str | None
    """None without an `@`."""
    host: str
    path: str
    query: str
    fragment: str


class BadUrl(ValueError):
    """url.Error; the message is Go's."""


def parse(text: str) -> GoUrl:
    """url.Parse. Raises BadUrl."""
    before, _, fragment = text.partition("#")
    found = _told(before, by_request=False)
    if bad := _bad_escape(fragment):
        raise BadUrl(f'parse "{text}": {bad}')
    return GoUrl(found.scheme, found.user, found.host, found.path, found.query, fragment)


def parse_request_uri(text: str) -> GoUrl:
    """url.ParseRequestURI: absolute, or a path from the root; a fragment belongs to the path. Raises BadUrl."""
    return _told(text, by_request=True)


def _told(text: str, *, by_request: bool) -> GoUrl:
    try:
        return _parsed(text, by_request)
    except BadUrl as problem:
        raise BadUrl(f'parse "{text}": {problem}') from None


def _parsed(text: str, by_request: bool) -> GoUrl:
    if any(ord(c) < 0x20 or c == "\x7f" for c in text):
        raise BadUrl("net/url: invalid control character in URL")
    if not text and by_request:
        raise BadUrl("empty url")
    if text.startswith(":"):
        raise BadUrl("missing protocol scheme")
    found = _scheme.match(text)
    scheme = found[1].lower() if found else ""
    rest, _, query = text[found.end() if found else 0 :].partition("?")
    if not rest.startswith("/"):
        if scheme:
            return GoUrl(scheme, None, "", "", query, "")
        if by_request:
            raise BadUrl("invalid URI for request")
        if ":" in rest.partition("/")[0]:
            raise BadUrl("first path segment in URL cannot contain colon")
    user: str | None = None
    host = ""
    if rest.startswith("//") and (scheme or (not by_request and not rest.startswith("///"))):
        authority, slash, rest = rest[2:].partition("/")
        rest = slash + rest
        before, at, host = authority.rpartition("@")
        _check_host(host)
        if at:
            user = before
            if not _userinfo(before):
                raise BadUrl("net/url: invalid userinfo")
    if bad := _bad_escape(rest):
        raise BadUrl(bad)
    return GoUrl(scheme, user, host, rest, query, "")


def _check_host(host: str) -> None:
    name, port = host, ""
    if host.startswith("["):
        name, bracket, port = host.rpartition("]")
        if not bracket:
            raise BadUrl("missing ']' in host")
    elif ":" in host:
        name, _, after = host.rpartition(":")
        port = ":" + after
    if not _port(port):
        raise BadUrl(f'invalid port "{port}" after host')
    if bad := _bad_escape(name):
        raise BadUrl(bad)
    if wrong := _no_host(name):
        raise BadUrl(f'invalid character "{wrong[0]}" in host name')


def _bad_escape(text: str) -> str:
    wrong = _escape.search(text)
    return f'invalid URL escape "{text[wrong.start() : wrong.start() + 3]}"' if wrong else ""
