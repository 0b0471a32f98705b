"""GET of one object."""

from __future__ import annotations

from miniapi import errors
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.listing import field_problem, parse_resource_version, reach
from miniapi.endpoints.parameters import truthy
from miniapi.endpoints.scope import Scope
from miniapi.wire import Reply


async def serve(context: Context, scope: Scope) -> Reply:
    """The object, as its bytes stand."""
    info = context.info
    negotiated = respond.accepted(context, scope)
    if info.query:
        _no_export(context)
        await _not_older(context, scope)
    found = await scope.versioned.resource.get(info.namespace, info.name)
    if found is None:
        raise errors.not_found(scope.kind.plural, scope.kind.gvk.group, info.name)
    return respond.stored(scope, found, negotiated)


def _no_export(context: Context) -> None:
    wanted = next((value for name, value in context.info.query if name == "export"), None)
    if wanted is not None and truthy(wanted):
        raise errors.bad_request("the export parameter, deprecated since v1.14, is no longer supported")


async def _not_older(context: Context, scope: Scope) -> None:
    """Waits until the resource version that is asked for is reached."""
    version = next((value for name, value in context.info.query if name == "resourceVersion"), "")
    if not version:
        return
    try:
        wanted = parse_resource_version(version)
    except ValueError as problem:
        raise errors.server_error(field_problem(version, problem)) from None
    await reach(scope, wanted)
