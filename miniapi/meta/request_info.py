"""What a request asks for, read off its method and path (apiserver/pkg/endpoints/request.RequestInfoFactory)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

_VERBS = {
    "POST": "create",
    "GET": "get",
    "HEAD": "get",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_LONG_RUNNING_VERBS = frozenset({"watch", "proxy"})
_LONG_RUNNING_SUBRESOURCES = frozenset({"attach", "exec", "proxy", "log", "portforward"})
_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})


@dataclass(slots=True)
class RequestInfo:
    """The parsed request, shared by all that ask the same; `resource_request` False: only `path` and `verb` count."""

    path: str
    verb: str
    """create, get, list, watch, update, patch, delete, deletecollection; the lower-case method otherwise."""
    resource_request: bool = False
    prefix: str = ""
    """`api` or `apis`."""
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    parts: tuple[str, ...] = ()
    """Path segments from the resource on."""
    query: tuple[tuple[str, str], ...] = ()
    depth: int = 0
    """How many segments the path has."""
    watched: bool = False
    """The path is one of the old watches, below /watch."""


def is_long_running(info: RequestInfo) -> bool:
    """Whether the request runs long by its nature, so that no deadline and no bound holds for it."""
    return info.verb in _LONG_RUNNING_VERBS or (
        bool(info.subresource) and info.subresource in _LONG_RUNNING_SUBRESOURCES
    )


@lru_cache(maxsize=512)
def parse(method: str, path: str, raw_query: str) -> RequestInfo:
    """Never fails: what it cannot read is a non-resource request."""
    query = tuple(parse_qsl(raw_query, keep_blank_values=True)) if raw_query else ()
    info = RequestInfo(path=path, verb=method.lower(), query=query)
    segments = [s for s in path.split("/") if s] if "//" in path else path.strip("/").split("/")
    if len(segments) < 3 or segments[0] not in ("api", "apis"):
        return info
    info.prefix = segments[0]
    rest = segments[1:]
    if info.prefix == "apis":
        if len(segments) < 4:
            return info
        info.group = rest[0]
        rest = rest[1:]
    info.resource_request, info.depth = True, len(segments)
    info.version = rest[0]
    rest = rest[1:]
    verb = _VERBS.get(method, "")
    special = rest[0]
    if special in ("proxy", "watch"):
        if len(rest) < 2:
            info.resource_request = False
            return info
        verb, rest = special, rest[1:]
        info.watched = special == "watch"
    if rest[0] == "namespaces":
        if len(rest) > 1:
            info.namespace = rest[1]
            if len(rest) > 2 and rest[2] not in _NAMESPACE_SUBRESOURCES:
                rest = rest[2:]
    info.parts = tuple(rest)
    if len(rest) >= 3 and special not in ("proxy", "watch"):
        info.subresource = rest[2]
    if len(rest) >= 2:
        info.name = rest[1]
    info.resource = rest[0]
    if not info.name and verb == "get":
        verb = _list_or_watch(info)
    elif not info.name and verb == "delete":
        verb = "deletecollection"
    info.verb = verb
    return info


def _list_or_watch(info: RequestInfo) -> str:
    for name, value in info.query:
        if name == "watch" and value.lower() not in ("false", "0"):
            _name_from_field_selector(info)
            return "watch"
    _name_from_field_selector(info)
    return "list"


def _name_from_field_selector(info: RequestInfo) -> None:
    """`metadata.name=x` lets authorization judge a list or watch of one name."""
    for key, value in info.query:
        if key == "fieldSelector":
            for term in value.split(","):
                left, found, right = term.partition("=")
                if found and left.rstrip("=").strip() == "metadata.name" and not left.endswith("!"):
                    info.name = right.lstrip("=")
