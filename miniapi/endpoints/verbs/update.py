"""PUT of one object or of its subresource."""

from __future__ import annotations

from miniapi.endpoints import respond
from miniapi.endpoints.body import decode, read
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import manager_name, write_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.update_flow import Change, check_name, run
from miniapi.endpoints.writes import check_namespace
from miniapi.meta.objects import Object, copy, metadata
from miniapi.wire import Reply


async def serve(context: Context, scope: Scope) -> Reply:
    """Replace what is there by the body, if it has not moved on."""
    info = context.info
    negotiated = respond.accepted(context, scope)
    data = await read(context)
    options = write_options(info.query, "UpdateOptions")
    body = decode(context, scope, data, scope.gvk, options.field_validation)
    meta = metadata(body)
    check_namespace(context, scope, meta)
    check_name(meta, info.name)
    manager = manager_name(options, context.request.headers.get("User-Agent", ""))

    def replace(_old: Object | None) -> Object:
        return copy(body)  # type: ignore[no-any-return]

    creates = scope.strategy.allow_create_on_update and scope.subresource is None
    outcome = await run(Change(context, scope, options, manager, replace, creates=creates))
    return respond.outcome(scope, outcome.stored, outcome.obj, negotiated, 201 if outcome.created else 200)
