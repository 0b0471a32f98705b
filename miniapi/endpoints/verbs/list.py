"""GET of a collection."""

from __future__ import annotations

from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.listing import read_page
from miniapi.endpoints.parameters import list_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.selection import compile_selection
from miniapi.wire import Reply


async def serve(context: Context, scope: Scope) -> Reply:
    """The collection at one revision."""
    info = context.info
    negotiated = respond.accepted(context, scope, "list")
    options = list_options(info.query, watch=False)
    listed = await read_page(scope, info.namespace, options, compile_selection(scope.kind, options))
    meta = respond.list_metadata(listed.revision, listed.continue_token, listed.remaining)
    return await respond.collection(scope, listed.items, meta, negotiated)
