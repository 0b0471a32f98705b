"""From a wire request through the filters to the server chain, and the answer where no server has one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from miniapi import errors
from miniapi.clock import Clock
from miniapi.endpoints.chain import compose
from miniapi.endpoints.context import Context, Filter
from miniapi.meta.request_info import parse
from miniapi.server.generic import GenericServer
from miniapi.wire import Reply, Request, plain_text

RESTFUL = frozenset({"api", "version"})
"""Below these, and below the groups, a path that nobody serves is a Status."""


class RequestHandler:
    """The whole server as one call: what sockets and the loopback client share."""

    def __init__(
        self,
        server: GenericServer,
        filters: Sequence[Filter],
        groups: Collection[str],
        clock: Clock,
        *,
        cbor: bool = False,
    ) -> None:
        self._server = server
        self._groups = groups
        self._clock = clock
        self._cbor = cbor
        self._handler = compose(self._end, filters)

    async def serve(self, request: Request) -> Reply:
        """Never raises ApiError: the filters turn it into a Status."""
        info = parse(request.method, request.path, request.query)
        return await self._handler(Context(request, self._clock(), info, cbor=self._cbor))

    async def _end(self, context: Context) -> Reply:
        reply = await self._server.serve(context)
        if reply is not None:
            return reply
        segments = context.request.path.split("/")
        known = segments[1] in RESTFUL or (segments[1] == "apis" and len(segments) > 2 and segments[2] in self._groups)
        if known and len(segments) > 2:
            raise errors.page_not_found()
        return plain_text(404, "404 page not found")
