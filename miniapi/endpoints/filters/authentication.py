"""Finds the user; 401 for a wrong credential, or for none where anonymous requests are not allowed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from time import perf_counter

from miniapi import errors
from miniapi.authn.interface import Authenticator, InvalidCredential
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.endpoints.filters.identity_metrics import IdentityMetrics
from miniapi.wire import Reply

log = logging.getLogger("miniapi.authentication")

OnFailure = Callable[[Context], Awaitable[None]]
"""Told of each request that ends here (the audit of failed authentication)."""


def authentication(
    authenticator: Authenticator, on_failure: OnFailure | None = None, metrics: IdentityMetrics | None = None
) -> Filter:
    """Sets `context.user`."""
    counted = metrics or IdentityMetrics()

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            started, result = perf_counter(), "failure"
            try:
                context.user = await authenticator.authenticate(context.request)
            except InvalidCredential as problem:
                result = "error"
                log.info("%s from %s: %s", context.request.path, context.request.peer.address, problem)
            if context.user is None:
                counted.authenticated(result, perf_counter() - started, "")
                if on_failure is not None:
                    await on_failure(context)
                raise errors.unauthorized()
            counted.authenticated("success", perf_counter() - started, context.user.name)
            return await handler(context)

        return handle

    return wrap
