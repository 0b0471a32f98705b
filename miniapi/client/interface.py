"""A transport takes a request and gives a reply, in process or over a socket."""

from __future__ import annotations

from typing import Protocol

from miniapi.wire import Reply, Request


class Transport(Protocol):
    """The one seam between a client and a server."""

    async def send(self, request: Request) -> Reply:
        """The reply; a watch's reply has a `stream`. OSError where the server cannot be reached."""
        ...
