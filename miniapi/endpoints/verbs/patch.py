"""PATCH: four media types over one update flow."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from miniapi import errors
from miniapi.codec.interface import DecodeError
from miniapi.codec.json import json_complaint
from miniapi.codec.negotiate import Negotiated, negotiate
from miniapi.codec.yaml import YamlCodec
from miniapi.endpoints import respond
from miniapi.endpoints.body import json_type, read, typed
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import WriteOptions, manager_name, write_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.update_flow import Change, create_by_update, run
from miniapi.meta.objects import Object
from miniapi.patch import json_patch, merge_patch, strategic
from miniapi.wire import Reply

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
APPLY_CBOR = "application/apply-patch+cbor"
BUILT_IN = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)


async def serve(context: Context, scope: Scope) -> Reply:
    """Patch what is there; apply also creates."""
    info = context.info
    media_type = (context.request.headers.get("Content-Type") or "").split(";")[0].strip()
    allowed = [t for t in BUILT_IN if t != STRATEGIC_PATCH] if scope.kind.custom else list(BUILT_IN)
    if media_type not in allowed:
        raise errors.ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type")
    applying = media_type == APPLY_PATCH
    options = write_options(info.query, "PatchOptions", apply=applying, patch=True)
    negotiated = negotiate(context.request.headers.get("Accept", ""), info.query, protobuf=scope.protobuf)
    body = await read(context)
    manager = manager_name(options, context.request.headers.get("User-Agent", ""))
    if applying:
        return await _apply(context, scope, body, options, manager, negotiated)
    patch = PATCHERS[media_type](scope, body)

    def transform(old: Object) -> Object:
        return typed(context, scope, patch(old), scope.gvk, options.field_validation, [])

    change = Change(context, scope, options, "PatchOptions", manager, transform, retry_conflicts=True)
    stored, obj = await run(change)
    return respond.stored(scope, stored, negotiated) if stored else respond.one(scope, obj, negotiated)


async def _apply(
    context: Context, scope: Scope, body: bytes, options: WriteOptions, manager: str, negotiated: Negotiated
) -> Reply:
    try:
        decoded = YamlCodec().decode(body, scope.gvk)
    except DecodeError as problem:
        raise errors.bad_request(f"error decoding YAML: {problem}") from None
    config = decoded.obj
    if not isinstance(config, dict):
        raise errors.bad_request("error decoding YAML: not an object")
    force = bool(options.force)

    def transform(old: Object) -> Object:
        return _merged(context, scope, scope.fields.apply(old, config, manager, force, scope.clock()), options)

    change = Change(context, scope, options, "PatchOptions", manager, transform, owns=True, retry_conflicts=True)
    try:
        stored, obj = await run(change)
    except errors.ApiError as problem:
        if problem.code != 404 or scope.subresource is not None or problem.name != context.info.name:
            raise
        created = _merged(context, scope, scope.fields.apply(None, config, manager, force, scope.clock()), options)
        stored, obj = await create_by_update(change, created)
        return respond.stored(scope, stored, negotiated, 201) if stored else respond.one(scope, obj, negotiated, 201)
    return respond.stored(scope, stored, negotiated) if stored else respond.one(scope, obj, negotiated)


def _merged(context: Context, scope: Scope, obj: Object, options: WriteOptions) -> Object:
    return typed(context, scope, obj, scope.gvk, options.field_validation, [])


def _json(scope: Scope, body: bytes) -> Callable[[Object], Object]:
    del scope
    return lambda old: json_patch.apply(old, body)


def _merge(scope: Scope, body: bytes) -> Callable[[Object], Object]:
    del scope
    patch = _parse(body, "error decoding patch: ")
    return lambda old: merge_patch.apply(old, patch)


def _strategic(scope: Scope, body: bytes) -> Callable[[Object], Object]:
    patch = _parse(body, "")
    return lambda old: strategic.apply(old, patch, scope.schema)


def _parse(body: bytes, prefix: str) -> Object:
    try:
        patch = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise errors.bad_request(prefix + json_complaint(body)) from None
    if not isinstance(patch, dict):
        found = json_type(patch)
        raise errors.bad_request(
            f"{prefix}json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
        )
    return patch


PATCHERS: dict[str, Callable[[Scope, bytes], Callable[[Object], Object]]] = {
    JSON_PATCH: _json,
    MERGE_PATCH: _merge,
    STRATEGIC_PATCH: _strategic,
}
