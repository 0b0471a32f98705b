"""PATCH: four media types over one update flow."""

from __future__ import annotations

from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.patching import read_patch
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.update_flow import Change, run
from miniapi.wire import Reply


async def serve(context: Context, scope: Scope) -> Reply:
    """Patch what is there; apply also creates."""
    negotiated = respond.accepted(context, scope)
    patch = await read_patch(context, scope)
    creates = patch.applies and scope.subresource is None
    change = Change(
        context,
        scope,
        patch.options,
        patch.manager,
        patch,
        owns=patch.applies,
        patches=True,
        creates=creates,
    )
    outcome = await run(change)
    return respond.outcome(scope, outcome.stored, outcome.obj, negotiated, 201 if outcome.created else 200)
