"""DELETE of one object."""

from __future__ import annotations

from miniapi import errors
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.delete_flow import delete_options, remove, success, warn_of_orphans
from miniapi.endpoints.scope import Scope
from miniapi.wire import Reply


async def serve(context: Context, scope: Scope) -> Reply:
    """Deletes at once or marks; answers a Status or the object."""
    info = context.info
    negotiated = respond.accepted(context, scope)
    options = await delete_options(context)
    if why := scope.strategy.refuses_deletion(info.name):
        raise errors.forbidden(scope.kind.plural, scope.kind.gvk.group, info.name, why)
    warn_of_orphans(context, scope, options)
    found = await scope.versioned.resource.get(info.namespace, info.name)
    if found is None:
        raise errors.not_found(scope.kind.plural, scope.kind.gvk.group, info.name)
    obj, gone = await remove(context, scope, found, options)
    if gone and scope.strategy.deletes_to_status:
        return respond.status_object(success(scope.kind, obj), 200, negotiated)
    accepted = not gone and options.get("orphanDependents") is False
    return respond.one(scope, obj, negotiated, 202 if accepted else 200)
