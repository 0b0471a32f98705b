"""Kubernetes' URLs (apiserver/pkg/cel/library/urls.go): absolute, or a path from the root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from miniapi.cel import types
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import BOOL, STRING, Overload, Type, list_of, map_of, opaque

URL_TYPE = opaque("kubernetes.URL")
_PATH_SAFE = "/$&+,:;=@!'()*~"


@dataclass(slots=True, frozen=True)
class Url:
    """A URL as it was parsed."""

    parts: SplitResult
    text: str
    cel_type: ClassVar[Type] = URL_TYPE


def parse_url(text: str) -> Url:
    """url(text)."""
    start = f'URL parse error during conversion from string: parse "{text}": '
    if any(ord(c) < 0x20 or c == "\x7f" for c in text):
        raise EvaluationError(f"{start}net/url: invalid control character in URL")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise EvaluationError(f"{start}invalid port after host") from None
    if not parts.scheme and not text.startswith("/"):
        raise EvaluationError(f"{start}invalid URI for request")
    if " " in parts.netloc:
        raise EvaluationError(f'{start}invalid character " " in host name')
    return Url(parts, text)


def _is_url(text: str) -> bool:
    try:
        parse_url(text)
    except EvaluationError:
        return False
    return True


def _host(url: Url) -> str:
    return url.parts.netloc.rpartition("@")[2]


def _port(url: Url) -> str:
    return str(url.parts.port) if url.parts.port is not None else ""


def _host_name(url: Url) -> str:
    host = _host(url)
    if host.startswith("["):
        return host[1 : host.index("]")]
    return host.partition(":")[0]


def _escaped_path(url: Url) -> str:
    path = url.parts.path
    return path if "%" in path else quote(unquote(path), safe=_PATH_SAFE)


def _query(url: Url) -> dict[str, list[str]]:
    return parse_qs(url.parts.query, keep_blank_values=True)


def _method(result: Type, run: Callable[..., Any]) -> tuple[Overload, ...]:
    return (Overload((URL_TYPE,), result, run, method=True),)


FUNCTIONS: types.Functions = {
    "isURL": (Overload((STRING,), BOOL, _is_url, cost="target"),),
    "url": (Overload((STRING,), URL_TYPE, parse_url, cost="target"),),
    "getScheme": _method(STRING, lambda u: u.parts.scheme),
    "getHost": _method(STRING, _host),
    "getHostname": _method(STRING, _host_name),
    "getPort": _method(STRING, _port),
    "getEscapedPath": _method(STRING, _escaped_path),
    "getQuery": _method(map_of(STRING, list_of(STRING)), _query),
}
