"""PUT of one object or of its subresource."""

from __future__ import annotations

from miniapi import errors
from miniapi.codec.negotiate import negotiate
from miniapi.endpoints import respond
from miniapi.endpoints.body import decode, read
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import manager_name, write_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.update_flow import Change, check_name, create_by_update, run
from miniapi.endpoints.writes import check_namespace
from miniapi.meta.objects import Object, copy
from miniapi.wire import Reply


async def serve(context: Context, scope: Scope) -> Reply:
    """Replace what is there by the body, if it has not moved on."""
    info = context.info
    options = write_options(info.query, "UpdateOptions")
    negotiated = negotiate(context.request.headers.get("Accept", ""), info.query, protobuf=scope.protobuf)
    body = decode(context, scope, await read(context), scope.gvk, options.field_validation)
    meta = body.setdefault("metadata", {})
    check_name(meta, info.name)
    check_namespace(context, scope, meta)
    manager = manager_name(options, context.request.headers.get("User-Agent", ""))

    def replace(_old: Object) -> Object:
        return copy(body)  # type: ignore[no-any-return]

    change = Change(context, scope, options, "UpdateOptions", manager, replace)
    try:
        stored, obj = await run(change)
    except errors.ApiError as problem:
        if problem.code == 404 and scope.strategy.allow_create_on_update and scope.subresource is None:
            stored, obj = await create_by_update(change, body)
            return (
                respond.stored(scope, stored, negotiated, 201) if stored else respond.one(scope, obj, negotiated, 201)
            )
        raise
    return respond.stored(scope, stored, negotiated) if stored else respond.one(scope, obj, negotiated)
