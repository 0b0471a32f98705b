"""componentstatuses: the health of what the server stands on, asked at each read (registry/core/componentstatus).

The original also asks the scheduler and the controller manager of its own machine; here there is only the store.
"""

from __future__ import annotations

from miniapi import errors
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import list_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.selection import compile_selection
from miniapi.meta.objects import Object
from miniapi.registry.attributes import attributes_of
from miniapi.storage.interface import StoreUnavailable
from miniapi.wire import Reply

STORE = "etcd-0"


class ComponentStatuses:
    """Serves get and list."""

    async def serve(self, context: Context, scope: Scope) -> Reply:
        """The status of one component, or of all."""
        info = context.info
        listing = info.verb == "list"
        negotiated = respond.accepted(context, scope, "list" if listing else "object")
        if not listing:
            if info.name != STORE:
                raise errors.not_found("componentstatus", "", info.name)
            return respond.one(scope, await _store(scope), negotiated)
        selection = compile_selection(scope.kind, list_options(info.query, watch=False))
        attributes = attributes_of(scope.kind)
        chosen = [o for o in [await _store(scope)] if selection.matches(attributes(o))]
        return respond.made(scope, chosen, {}, negotiated)


async def _store(scope: Scope) -> Object:
    healthy = {"type": "Healthy", "status": "True", "message": "ok"}
    try:
        await scope.versioned.resource.store.ready()
    except StoreUnavailable as problem:
        healthy |= {"status": "False", "message": "", "error": str(problem)}
    return {"kind": "ComponentStatus", "apiVersion": "v1", "metadata": {"name": STORE}, "conditions": [healthy]}
