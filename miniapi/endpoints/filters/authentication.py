"""Finds the user; 401 for a wrong credential, or for none where anonymous requests are not allowed."""

from __future__ import annotations

import logging

from miniapi import errors
from miniapi.authn.interface import Authenticator, InvalidCredential
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.wire import Reply

log = logging.getLogger("miniapi.authentication")


def authentication(authenticator: Authenticator) -> Filter:
    """Sets `context.user`."""

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            try:
                user = await authenticator.authenticate(context.request)
            except InvalidCredential as problem:
                log.info("%s from %s: %s", context.request.path, context.request.peer.address, problem)
                raise errors.unauthorized() from None
            if user is None:
                raise errors.unauthorized()
            context.user = user
            return await handler(context)

        return handle

    return wrap
