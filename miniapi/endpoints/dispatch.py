"""From a resource request to its verb."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from miniapi import errors
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.verbs import create, delete, delete_collection, get, list, patch, update, watch
from miniapi.wire import Reply

Serve = Callable[[Context, Scope], Awaitable[Reply]]

VERBS: dict[str, Serve] = {
    "get": get.serve,
    "list": list.serve,
    "watch": watch.serve,
    "create": create.serve,
    "update": update.serve,
    "patch": patch.serve,
    "delete": delete.serve,
    "deletecollection": delete_collection.serve,
}


async def serve(context: Context, scope: Scope) -> Reply:
    """Runs the verb, if the resource has it."""
    verb = context.info.verb
    allowed = scope.subresource.verbs if scope.subresource else scope.kind.verbs
    if verb not in allowed:
        raise errors.method_not_allowed()
    if scope.kind.namespaced and not context.info.namespace:
        if context.info.name and verb not in ("list", "watch"):
            raise errors.page_not_found()
        if verb not in ("list", "watch"):
            raise errors.method_not_allowed()
    elif not scope.kind.namespaced and context.info.namespace and context.info.resource != "namespaces":
        raise errors.page_not_found()
    if scope.kind.deprecated:
        context.warn(scope.kind.deprecated)
    if scope.handler is not None:
        return await scope.handler.serve(context, scope)
    return await VERBS[verb](context, scope)
