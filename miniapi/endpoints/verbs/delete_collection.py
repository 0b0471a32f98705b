"""DELETE of a collection."""

from __future__ import annotations

from miniapi import errors
from miniapi.codec.negotiate import negotiate
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.delete_flow import delete_options, remove, warn_of_orphans
from miniapi.endpoints.parameters import list_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.selection import compile_selection
from miniapi.registry.problems import STORE_PROBLEMS, told
from miniapi.storage.interface import Stored
from miniapi.wire import Reply


async def serve(context: Context, scope: Scope) -> Reply:
    """Deletes what the selectors choose and answers the list of it."""
    info = context.info
    negotiated = negotiate(context.request.headers.get("Accept", ""), info.query, protobuf=scope.protobuf, listing=True)
    options = list_options(info.query, watch=False)
    selection = compile_selection(scope.kind, options)
    how = await delete_options(context)
    warn_of_orphans(context, scope, how)
    try:
        page = await scope.versioned.resource.scan(info.namespace)
    except STORE_PROBLEMS as problem:
        raise told(problem) from None
    chosen: list[Stored] = []
    for found in page.items:
        if not selection.everything and not selection.matches(scope.versioned.object(found)):
            continue
        try:
            await remove(context, scope, found, how)
        except errors.ApiError as problem:
            if problem.code != 404:
                raise
        chosen.append(found)
    return respond.collection(scope, chosen, respond.list_metadata(page.revision, "", None), negotiated)
