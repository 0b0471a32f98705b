"""Kubernetes' URLs (apiserver/pkg/cel/library/urls.go): absolute, or a path from the root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, unquote

from miniapi.cel import types
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import BOOL, STRING, Overload, Type, list_of, map_of, opaque
from miniapi.meta.go_url import BadUrl, GoUrl, parse_request_uri

URL_TYPE = opaque("kubernetes.URL")
_PATH_SAFE = "/$&+,:;=@!'()*~"


@dataclass(slots=True, frozen=True)
class Url:
    """A URL as it was parsed."""

    parts: GoUrl
    text: str
    cel_type: ClassVar[Type] = URL_TYPE


def parse_url(text: str) -> Url:
    """url(text)."""
    try:
        return Url(parse_request_uri(text), text)
    except BadUrl as problem:
        raise EvaluationError(f"URL parse error during conversion from string: {problem}") from None


def _is_url(text: str) -> bool:
    try:
        parse_url(text)
    except EvaluationError:
        return False
    return True


def _host_name(url: Url) -> str:
    host = url.parts.host
    if host.startswith("["):
        return host[1 : host.index("]")]
    return host.partition(":")[0]


def _port(url: Url) -> str:
    return url.parts.host.rpartition("]")[2].partition(":")[2]


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
    "getHost": _method(STRING, lambda u: u.parts.host),
    "getHostname": _method(STRING, _host_name),
    "getPort": _method(STRING, _port),
    "getEscapedPath": _method(STRING, _escaped_path),
    "getQuery": _method(map_of(STRING, list_of(STRING)), _query),
}
