"""How an object, a list or an error becomes bytes in the form that the client accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from miniapi import errors
from miniapi.codec.negotiate import PARTIAL, PARTIAL_LIST, TABLE, Negotiated, Shape, check_table, negotiate
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.errors import ApiError
from miniapi.meta.gvk import GroupVersionKind, internal_type
from miniapi.meta.objects import Object
from miniapi.storage.interface import Stored
from miniapi.wire import JSON, PROTOBUF, Reply


def accepted(context: Context, scope: Scope, shape: Shape = "object") -> Negotiated:
    """The form in which the client wants the answer; 406."""
    headers = context.request.headers
    return negotiate(
        headers.get("Accept", ""),
        context.info.query,
        user_agent=headers.get("User-Agent", ""),
        protobuf=scope.protobuf,
        cbor=context.cbor,
        shape=shape,
        tables=scope.tables,
    )


def status_object(obj: dict[str, Any], code: int, negotiated: Negotiated | None = None) -> Reply:
    """A Status, or any small document made for this answer."""
    if negotiated is None:
        return Reply(code, orjson.dumps(obj, option=orjson.OPT_INDENT_2), JSON)
    return _encode(obj, negotiated, code)


def error(problem: ApiError, negotiated: Negotiated | None = None) -> Reply:
    """The Status of what went wrong."""
    reply = status_object(problem.status(), problem.code, negotiated)
    reply.headers.extend(problem.headers)
    if problem.retry_after_seconds:
        reply.headers.append(("Retry-After", str(problem.retry_after_seconds)))
    return reply


def stored(scope: Scope, found: Stored, negotiated: Negotiated, code: int = 200) -> Reply:
    """One stored object; JSON without transformation goes out as the bytes it has."""
    if negotiated.plain_json:
        return Reply(code, scope.versioned.encoded(found) + b"\n", JSON)
    if negotiated.media_type == PROTOBUF and not negotiated.as_kind:
        return Reply(code, scope.versioned.messages.encoded(found), PROTOBUF)
    if negotiated.media_type == PROTOBUF and negotiated.as_kind == PARTIAL:
        data = scope.versioned.messages.partial(found, f"meta.k8s.io/{negotiated.as_version}")
        return Reply(code, data, PROTOBUF)
    return one(scope, scope.versioned.object(found), negotiated, code)


def outcome(scope: Scope, found: Stored | None, obj: Object, negotiated: Negotiated, code: int) -> Reply:
    """The object that a write stored, or would have."""
    return stored(scope, found, negotiated, code) if found else one(scope, obj, negotiated, code)


def one(scope: Scope, obj: Object, negotiated: Negotiated, code: int = 200) -> Reply:
    """One object in hand."""
    check_table(negotiated)
    if negotiated.as_kind == TABLE:
        table = scope.printer.table([obj], obj["metadata"], negotiated.as_version, negotiated.include_object)
        return _encode(table, negotiated, code)
    if negotiated.as_kind == PARTIAL:
        return _encode(partial(scope.printer.internal(obj), negotiated.as_version), negotiated, code)
    if negotiated.as_kind == PARTIAL_LIST:
        raise _wrong_shape(scope, PARTIAL_LIST, "not a list")
    return _encode(obj, negotiated, code)


def _encode(obj: Object, negotiated: Negotiated, code: int) -> Reply:
    if negotiated.codec.media_type == JSON:
        option = orjson.OPT_INDENT_2 if negotiated.pretty else orjson.OPT_APPEND_NEWLINE
        return Reply(code, orjson.dumps(obj, option=option), JSON)
    return Reply(code, negotiated.codec.encode(obj), negotiated.media_type)


def _wrong_shape(scope: Scope, asked: str, found: str) -> ApiError:
    """406 for a list that was wanted as an object, or the other way round."""
    gvk = scope.gvk if asked == PARTIAL_LIST else scope.kind.list_gvk
    go_type = internal_type(gvk)
    if scope.kind.custom:
        go_type = "unstructured.Unstructured" if asked == PARTIAL_LIST else "unstructured.UnstructuredList"
    return errors.not_acceptable_as(f"you requested {asked}, but the requested object is {found} (*{go_type})")


def partial(obj: Object, version: str = "v1") -> Object:
    """PartialObjectMetadata of an object, which is in its internal version."""
    return {
        "kind": PARTIAL,
        "apiVersion": f"meta.k8s.io/{version or 'v1'}",
        "metadata": obj.get("metadata") or {},
    }


def list_metadata(revision: int, token: str, remaining: int | None) -> dict[str, Any]:
    """ListMeta."""
    meta: dict[str, Any] = {"resourceVersion": str(revision)}
    if token:
        meta["continue"] = token
    if remaining is not None:
        meta["remainingItemCount"] = remaining
    return meta


async def collection(scope: Scope, items: Sequence[Stored], meta: dict[str, Any], negotiated: Negotiated) -> Reply:
    """A list: stored bytes joined, or rows, or metadata, or another format."""
    list_gvk = scope.kind.list_gvk
    if scope.kind.custom and not negotiated.as_kind:
        # UnstructuredList always says it.
        meta = {"continue": "", **meta}
    if negotiated.plain_json:
        head = b'{"kind":"%b","apiVersion":"%b","metadata":%b,"items":[' % (
            list_gvk.kind.encode(),
            list_gvk.api_version.encode(),
            orjson.dumps(meta),
        )
        return Reply(200, scope.versioned.joined(head, items, b"]}\n"), JSON)
    if negotiated.media_type == PROTOBUF and not negotiated.as_kind:
        return Reply(200, await scope.versioned.messages.collection(list_gvk, meta, items), PROTOBUF)
    if negotiated.media_type == PROTOBUF and (negotiated.as_kind, negotiated.as_version) == (PARTIAL_LIST, "v1"):
        return Reply(200, await scope.versioned.messages.partials("meta.k8s.io/v1", meta, items), PROTOBUF)
    return made(scope, [scope.versioned.object(s) for s in items], meta, negotiated)


def made(scope: Scope, objects: list[Object], meta: dict[str, Any], negotiated: Negotiated) -> Reply:
    """A list of objects in hand."""
    check_table(negotiated)
    if negotiated.as_kind == PARTIAL:
        raise _wrong_shape(scope, PARTIAL, "a list")
    if negotiated.as_kind == TABLE:
        return _encode(
            scope.printer.table(objects, meta, negotiated.as_version, negotiated.include_object), negotiated, 200
        )
    if negotiated.as_kind == PARTIAL_LIST:
        document: Object = {
            "kind": PARTIAL_LIST,
            "apiVersion": f"meta.k8s.io/{negotiated.as_version}",
            "metadata": meta,
            # Go appends to none: an empty list is null.
            "items": [partial(scope.printer.internal(o), negotiated.as_version) for o in objects] or None,
        }
        return _encode(document, negotiated, 200)
    return _encode(typed_list(scope.kind.list_gvk, objects, meta, keep_type=scope.kind.custom), negotiated, 200)


def typed_list(gvk: GroupVersionKind, objects: list[Object], meta: dict[str, Any], *, keep_type: bool) -> Object:
    """The list kind with its items, which carry no type of their own for built-in kinds."""
    if not keep_type:
        for obj in objects:
            obj.pop("kind", None)
            obj.pop("apiVersion", None)
    return {"kind": gvk.kind, "apiVersion": gvk.api_version, "metadata": meta, "items": objects}
