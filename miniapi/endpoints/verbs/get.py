"""GET of one object."""

from __future__ import annotations

from miniapi import errors
from miniapi.codec.negotiate import negotiate
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.wire import Reply


async def serve(context: Context, scope: Scope) -> Reply:
    """The object, as its bytes stand."""
    info = context.info
    negotiated = negotiate(context.request.headers.get("Accept", ""), info.query, protobuf=scope.protobuf)
    found = await scope.versioned.resource.get(info.namespace, info.name)
    if found is None:
        raise errors.not_found(scope.kind.plural, scope.kind.gvk.group, info.name)
    return respond.stored(scope, found, negotiated)
