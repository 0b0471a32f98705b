"""The in-process transport: a call through the whole handler chain, without a socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from miniapi.wire import Reply, Request

Serve = Callable[[Request], Awaitable[Reply]]


class LoopbackTransport:
    """Sends requests to the server's own handler; bound once the chain is composed."""

    def __init__(self) -> None:
        self._serve: Serve | None = None

    def bind(self, serve: Serve) -> None:
        """Names the handler; called once by bootstrap."""
        self._serve = serve

    async def send(self, request: Request) -> Reply:
        """Runs the request with the loopback identity. ConnectionError before `bind`."""
        if self._serve is None:
            raise ConnectionError("the loopback client was used before the server was composed")
        request.peer.loopback = True
        return await self._serve(request)
