"""From a resource request to its verb."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from miniapi.endpoints import routing
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
    """Runs the verb, if the resource has it at this path."""
    if scope.kind.custom:
        routing.route_custom(context, scope)
    else:
        routing.route(context, scope)
    if scope.kind.deprecated:
        context.warn(scope.kind.deprecated)
    if scope.handler is not None:
        return await scope.handler.serve(context, scope)
    return await VERBS[context.info.verb](context, scope)
