"""DELETE of a collection."""

from __future__ import annotations

from miniapi import errors
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.delete_flow import delete_options, remove, warn_of_orphans
from miniapi.endpoints.listing import read_page
from miniapi.endpoints.parameters import list_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.selection import compile_selection
from miniapi.wire import Reply


async def serve(context: Context, scope: Scope) -> Reply:
    """Deletes what the selectors choose and answers the list of it."""
    info = context.info
    negotiated = respond.accepted(context, scope, "list")
    options = list_options(info.query, watch=False)
    selection = compile_selection(scope.kind, options)
    how = await delete_options(context)
    warn_of_orphans(context, scope, how)
    listed = await read_page(scope, info.namespace, options, selection)
    for found in listed.items:
        try:
            await remove(context, scope, found, how, of_collection=True)
        except errors.ApiError as problem:
            if problem.code != 404:
                raise
    meta = respond.list_metadata(listed.revision, listed.continue_token, listed.remaining)
    return await respond.collection(scope, listed.items, meta, negotiated)
