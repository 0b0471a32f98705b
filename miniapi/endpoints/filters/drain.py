"""Refuses requests once the server stops serving (apiserver/pkg/server/filters/waitgroup.go)."""

from __future__ import annotations

from miniapi import errors
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.wire import Reply

HEALTH = ("/readyz", "/livez", "/healthz")
"""Answered to the end: probes shall see the server go."""


class Drain:
    """Whether requests from outside are still taken."""

    def __init__(self) -> None:
        self.closed = False

    def filter(self) -> Filter:
        """503 with Retry-After once closed; the server's own clients go on until they are stopped."""

        def wrap(handler: Handler) -> Handler:
            async def handle(context: Context) -> Reply:
                if self.closed and not context.request.peer.loopback and context.request.path not in HEALTH:
                    problem = errors.unavailable("apiserver is shutting down")
                    problem.headers += [("Retry-After", "1"), ("Connection", "close")]
                    raise problem
                return await handler(context)

            return handle

        return wrap
