"""Counts requests while they run, and refuses new ones once the server stops serving."""

from __future__ import annotations

from miniapi import errors
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.wire import Reply


class Drain:
    """How many short requests run, and whether new ones are still taken."""

    def __init__(self) -> None:
        self.running = 0
        self.closed = False

    def filter(self) -> Filter:
        """503 with Retry-After once closed."""

        def wrap(handler: Handler) -> Handler:
            async def handle(context: Context) -> Reply:
                if self.closed and context.request.path not in ("/readyz", "/livez", "/healthz"):
                    problem = errors.unavailable("apiserver is shutting down")
                    problem.headers.append(("Connection", "close"))
                    raise problem
                self.running += 1
                try:
                    return await handler(context)
                finally:
                    self.running -= 1

            return handle

        return wrap
