"""Lets through what the authorizer allows; 403 in the original's words for the rest."""

from __future__ import annotations

from miniapi import errors
from miniapi.authz.interface import Attributes, Authorizer
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.endpoints.writes import user_of
from miniapi.meta.user import MASTERS_GROUP
from miniapi.wire import Reply

ALWAYS_ALLOWED = frozenset({"/healthz", "/readyz", "/livez"})


def attributes_of(context: Context) -> Attributes:
    """The request as authorization sees it."""
    info = context.info
    return Attributes(
        user_of(context),
        info.verb,
        info.path,
        info.resource_request,
        info.group,
        info.version,
        info.resource,
        info.subresource,
        info.namespace,
        info.name,
    )


def denied(attributes: Attributes, reason: str) -> errors.ApiError:
    """responsewriters.Forbidden."""
    a = attributes
    if not a.resource_request:
        text = f'User "{a.user.name}" cannot {a.verb} path "{a.path}"'
        return errors.forbidden("", "", "", text + (f": {reason}" if reason else ""))
    resource = f"{a.resource}/{a.subresource}" if a.subresource else a.resource
    text = f'User "{a.user.name}" cannot {a.verb} resource "{resource}" in API group "{a.group}"'
    text += f' in the namespace "{a.namespace}"' if a.namespace else " at the cluster scope"
    return errors.forbidden(a.resource, a.group, a.name, text + (f": {reason}" if reason else ""))


def authorization(authorizer: Authorizer) -> Filter:
    """Asks once per request."""

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            if MASTERS_GROUP in user_of(context).groups or context.request.path in ALWAYS_ALLOWED:
                return await handler(context)
            attributes = attributes_of(context)
            decision = await authorizer.authorize(attributes)
            if decision.verdict != "allow":
                raise denied(attributes, decision.reason)
            return await handler(context)

        return handle

    return wrap
