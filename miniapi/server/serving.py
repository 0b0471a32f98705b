"""The socket side: aiohttp's low-level server in front of the handler chain.

The only file that knows aiohttp's server; a request becomes a `wire.Request`, a `wire.Reply` bytes.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from aiohttp import hdrs, web
from aiohttp.http_exceptions import BadHttpMessage
from multidict import CIMultiDict

from miniapi import errors
from miniapi.wire import Peer, Reply, Request

Serve = Callable[[Request], Awaitable[Reply]]

GZIP_FROM_BYTES = 128 * 1024
GZIP_LEVEL = 1
BACKLOG = 1024


class HttpServer:
    """Serves one handler on one or more sockets."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._peers: dict[object, Peer] = {}
        self._server = web.Server(self._handle, access_log=None, keepalive_timeout=90.0)
        self._runner = web.ServerRunner(self._server)
        self._sites: list[web.BaseSite] = []

    async def start(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Begins to accept connections; OSError where the socket cannot listen."""
        await self._runner.setup()
        site = web.SockSite(self._runner, listener, ssl_context=tls, backlog=BACKLOG)
        await site.start()
        self._sites.append(site)

    async def stop(self, grace_seconds: float) -> None:
        """Stops listening, lets requests end within the grace, then closes the connections."""
        for site in self._sites:
            await site.stop()
        try:
            async with asyncio.timeout(grace_seconds):
                await self._server.shutdown(grace_seconds)
        except TimeoutError:
            pass
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        transport = request.transport
        peer = Peer()
        if transport is not None:
            address = transport.get_extra_info("peername")
            peer.address = address[0] if address else ""
            tls = transport.get_extra_info("ssl_object")
            if tls is not None:
                peer.certificate = tls.getpeercert(binary_form=True)
        raw = request.rel_url.raw_path
        wire_request = Request(
            request.method,
            unquote(raw) if "%" in raw else raw,
            request.rel_url.raw_query_string,
            request.headers,
            _reader(request),
            peer,
            request,
        )
        reply = await self._serve(wire_request)
        if reply.stream is not None:
            return await _stream(request, reply)
        headers: CIMultiDict[str] = CIMultiDict(reply.headers)
        headers[hdrs.CONTENT_TYPE] = reply.content_type
        response = web.Response(body=reply.body, status=reply.status, headers=headers)
        if len(reply.body) > GZIP_FROM_BYTES and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            response.enable_compression(web.ContentCoding.gzip)
        return response


def _reader(request: web.BaseRequest) -> Callable[[int], Awaitable[bytes]]:
    async def read(limit: int) -> bytes:
        if not request.can_read_body:
            return b""
        if (request.content_length or 0) > limit:
            raise errors.too_large_body(limit)
        parts: list[bytes] = []
        size = 0
        try:
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > limit:
                    raise errors.too_large_body(limit)
                parts.append(chunk)
        except BadHttpMessage as problem:
            raise errors.bad_request(f"the request's body cannot be read: {problem}") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    return read


async def _stream(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=CIMultiDict(reply.headers))
    response.content_type = reply.content_type.split(";")[0]
    if ";" in reply.content_type:
        response.headers[hdrs.CONTENT_TYPE] = reply.content_type
    assert reply.stream is not None
    stream = reply.stream
    try:
        await response.prepare(request)
        async for chunk in stream:
            await response.write(chunk)
        await response.write_eof()
    except ConnectionError:
        pass  # the client has gone; nobody is left to be told
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
    return response
