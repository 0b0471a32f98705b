"""What is judged of a request before its handler runs: path, method, Content-Type, Accept.

The original leaves this to go-restful (restful.RouterJSR311), whose answers differ from its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from miniapi import errors
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.wire import CBOR, JSON, PROTOBUF, YAML, Request

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
APPLY_CBOR_PATCH = "application/apply-patch+cbor"
PATCH_TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
MEDIA_TYPES = (JSON, YAML, PROTOBUF)
STREAM_TYPES = (f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")
_CBOR_LISTS = (CBOR, f"{CBOR}-seq")
_LISTS = (*MEDIA_TYPES, *STREAM_TYPES)
_LOGS = ("text/plain", *MEDIA_TYPES)
_OF_COLLECTIONS = frozenset({"list", "watch", "create", "deletecollection"})
_OF_ALL_NAMESPACES = frozenset({"list", "watch"})
_CONNECTS = frozenset({"attach", "exec", "portforward", "proxy"})
"""Subresources that take every method and media type."""
_LONGEST = 3
"""Parts of a path below its namespace: resource, name, subresource. What a proxy passes on stands behind."""
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def route(context: Context, scope: Scope) -> None:
    """Raises 404, 405, 415 or 406 where no route of the resource takes the request."""
    info, kind = context.info, scope.kind
    if not _has_path(context, scope):
        raise errors.page_not_found()
    if scope.subresource_name in _CONNECTS:
        return
    if scope.subresource is not None:
        verbs = scope.subresource.verbs
    else:
        collection = not info.name or info.verb in _OF_ALL_NAMESPACES
        verbs = _verbs_at(kind.verbs, collection, kind.namespaced and not info.namespace)
    if not verbs:
        raise errors.page_not_found()
    if info.verb not in verbs or _misread(context):
        raise errors.method_not_allowed()
    produces: tuple[str, ...] = _LISTS if info.verb in _OF_ALL_NAMESPACES else MEDIA_TYPES
    if context.cbor:
        produces = (*produces, *_CBOR_LISTS) if info.verb in _OF_ALL_NAMESPACES else (*produces, CBOR)
    if scope.subresource_name == "log":
        produces = _LOGS
    check_types(context.request, patch_types(context, scope) if info.verb == "patch" else (), produces)


@lru_cache(maxsize=256)
def _verbs_at(verbs: tuple[str, ...], collection: bool, everywhere: bool) -> tuple[str, ...]:
    """Those of a resource's verbs that its collection, or one of its objects, has."""
    if not collection:
        return tuple(v for v in verbs if v not in _OF_COLLECTIONS)
    return tuple(v for v in verbs if v in (_OF_ALL_NAMESPACES if everywhere else _OF_COLLECTIONS))


def _misread(context: Context) -> bool:
    """Verbs that authorization sees where no route is: HEAD, and other methods than GET below /watch."""
    method = context.request.method
    return method == "HEAD" or (context.info.verb == "watch" and method != "GET")


def route_custom(context: Context, scope: Scope) -> None:
    """As `route`, for custom resources, which one handler serves (apiextensions' crdHandler)."""
    info, kind = context.info, scope.kind
    if info.verb not in (scope.subresource.verbs if scope.subresource else kind.verbs):
        raise errors.method_not_supported(kind.plural, kind.gvk.group, info.verb)
    everywhere = info.verb in _OF_ALL_NAMESPACES
    if bool(info.namespace) != kind.namespaced and not (kind.namespaced and everywhere):
        raise errors.page_not_found()


def patch_types(context: Context, scope: Scope) -> list[str]:
    """The media types of patches that the kind takes, in the original's order."""
    types = [t for t in PATCH_TYPES if t != STRATEGIC_PATCH or not scope.kind.custom]
    return [*types, APPLY_CBOR_PATCH] if context.cbor else types


def _has_path(context: Context, scope: Scope) -> bool:
    """Whether the path has the segments of the resource's scope, and no others."""
    info = context.info
    if scope.subresource_name in _CONNECTS:
        return len(info.parts) <= _LONGEST or scope.subresource_name == "proxy"
    if len(info.parts) > _LONGEST:
        return False
    depth = (3 if info.group else 2) + len(info.parts) + info.watched
    if scope.kind.namespaced and info.namespace:
        depth += 2
    elif scope.kind.namespaced and len(info.parts) > 1:
        return False
    return info.depth == depth


def check_types(request: Request, consumes: Sequence[str], produces: tuple[str, ...]) -> None:
    """415 for a body that no route takes (`consumes` empty: all are), 406 for a form that none has."""
    if consumes and not _consumed(request, consumes):
        raise errors.generic(415, "UnsupportedMediaType", "415: Unsupported Media Type")
    if _acceptable(request.headers.get("Accept") or "*/*", produces):
        return
    available = "Available representations: " + ", ".join(produces)
    if request.method in _WITH_BODY and request.headers.get("Content-Length", "") in ("", "0"):
        raise errors.generic(415, "UnsupportedMediaType", f"415: Unsupported Media Type\n\n{available}")
    raise errors.generic(406, "NotAcceptable", f"406: Not Acceptable\n\n{available}")


@lru_cache(maxsize=1024)
def _acceptable(accept: str, produces: tuple[str, ...]) -> bool:
    return any(t == "*/*" or t in produces for t in _media_types(accept))


def _consumed(request: Request, consumes: Sequence[str]) -> bool:
    content_type = request.headers.get("Content-Type", "")
    if not content_type and request.method not in _WITH_BODY:
        return True
    return any(t in consumes for t in _media_types(content_type))


def _media_types(header: str) -> list[str]:
    """The types of a header without their parameters."""
    return [part.split(";", 1)[0].strip() for part in header.split(",")]
