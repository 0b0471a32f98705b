"""The socket side: aiohttp's low-level server in front of the handler chain.

The only file that knows aiohttp's server; a request becomes a `wire.Request`, a `wire.Reply` bytes.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from urllib.parse import unquote

from aiohttp import hdrs, web
from aiohttp.http_exceptions import BadHttpMessage
from multidict import CIMultiDict

from miniapi import errors
from miniapi.server.responses import PIECE_BYTES, StreamResponse, Switched, WholeResponse, in_pieces
from miniapi.server.websocket import messages_of, wants_websocket
from miniapi.wire import Peer, Reply, Request, Upgrade

Serve = Callable[[Request], Awaitable[Reply]]

GZIP = "gzip"
GZIP_FROM_BYTES = 128 * 1024
GZIP_LEVEL = 1
BACKLOG = 1024
SWEEP_SECONDS = 1.0
"""How often it is looked whether the clients of streams are still there."""
LAST_WORDS_SECONDS = 1.0
"""How long the end of a stream may wait for a client that does not read."""


class HttpServer:
    """Serves one handler on one or more sockets. `grace_seconds` is how long `close` waits for what still runs."""

    def __init__(self, serve: Serve, grace_seconds: float = 60.0, *, compress: bool = True) -> None:
        self._serve = serve
        self._compress = compress
        self._streams: dict[asyncio.Task[object], web.BaseRequest | None] = {}
        """None for upgraded connections, which notice themselves when the other side has gone."""
        self._sweeper: asyncio.Task[None] | None = None
        self._ending = False
        self._server = web.Server(self._handle, access_log=None, keepalive_timeout=90.0)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=grace_seconds)
        self._sites: list[web.BaseSite] = []

    async def start(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Begins to accept connections; OSError where the socket cannot listen."""
        await self._runner.setup()
        site = web.SockSite(self._runner, listener, ssl_context=tls, backlog=BACKLOG)
        await site.start()
        self._sites.append(site)
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep())

    async def stop_listening(self) -> None:
        """Takes no more connections."""
        for site in self._sites:
            await site.stop()
        self._sites.clear()

    async def end_streams(self, within_seconds: float = 0.0) -> None:
        """Ends streams cleanly, one after the other over the time given, so that not all clients come back at once."""
        self._ending = True
        pause = within_seconds / max(len(self._streams), 1)
        while self._streams:
            task = next(iter(self._streams))
            del self._streams[task]
            task.cancel()
            if pause:
                await asyncio.sleep(pause)

    async def close(self) -> None:
        """Closes idle connections, waits within the grace for those that are not, and closes them too."""
        await self.stop_listening()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        await self._runner.cleanup()

    async def _sweep(self) -> None:
        """Ends streams whose clients have gone: one that has nothing to send would not notice."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for task, request in list(self._streams.items()):
                if request is not None and (request.transport is None or request.transport.is_closing()):
                    task.cancel()

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
        )
        reply = await self._serve(wire_request)
        if reply.upgrade is not None:
            return await self._switch(request, reply, reply.upgrade)
        if reply.stream is not None:
            if reply.messages and wants_websocket(request.headers):
                return await self._messages(request, reply, reply.stream)
            return await self._stream(request, reply, reply.stream)
        if len(reply.body) > GZIP_FROM_BYTES and self._compress and wants_gzip(request.headers):
            reply.body = await asyncio.to_thread(gzip.compress, reply.body, GZIP_LEVEL, mtime=0)
            reply.headers += [(hdrs.CONTENT_ENCODING, GZIP), (hdrs.VARY, hdrs.ACCEPT_ENCODING)]
        if len(reply.body) > PIECE_BYTES and request.method != hdrs.METH_HEAD:
            return await in_pieces(request, reply)
        return WholeResponse(reply)

    async def _stream(self, request: web.BaseRequest, reply: Reply, stream: AsyncIterator[bytes]) -> web.StreamResponse:
        """Sends chunks until there are no more, the client has gone, or the server stops."""
        response = StreamResponse(status=reply.status, headers=CIMultiDict(reply.headers))
        response.headers[hdrs.CONTENT_TYPE] = reply.content_type
        task = asyncio.current_task()
        assert task is not None
        try:
            await response.prepare(request)
            self._streams[task] = request
            async for chunk in stream:
                await response.write(chunk)
            await response.write_eof()
        except ConnectionError:
            pass  # the client has gone; nobody is left to be told
        except asyncio.CancelledError:
            if not self._ending:
                raise
            task.uncancel()
            await _say_goodbye(response)
        finally:
            self._streams.pop(task, None)
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
        return response

    async def _messages(
        self, request: web.BaseRequest, reply: Reply, stream: AsyncIterator[bytes]
    ) -> web.StreamResponse:
        """As `_stream`, over WebSocket: a watch as browsers and clients in Java ask for it."""
        response = web.WebSocketResponse()
        await response.prepare(request)
        task = asyncio.current_task()
        assert task is not None
        self._streams[task] = request
        # Nothing is expected of the client but that it goes one day, and answers to pings.
        receiver = asyncio.create_task(_until_closed(response, task))
        try:
            async for chunk in stream:
                for message in messages_of(chunk, reply.content_type):
                    await (response.send_bytes(message) if isinstance(message, bytes) else response.send_str(message))
        except ConnectionError:
            pass  # the client has gone; nobody is left to be told
        except asyncio.CancelledError:
            if not self._ending and not response.closed:
                raise
            task.uncancel()
        finally:
            self._streams.pop(task, None)
            receiver.cancel()
            await asyncio.gather(receiver, return_exceptions=True)
            await response.close()
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
        return response

    async def _switch(self, request: web.BaseRequest, reply: Reply, upgrade: Upgrade) -> web.StreamResponse:
        """Sends the head of the answer and hands the connection over until `upgrade` is done or the server stops."""
        response = Switched(status=reply.status)
        response.force_close()
        transport, task = request.transport, asyncio.current_task()
        if transport is None or task is None:
            return response
        reader = asyncio.StreamReader()
        reader.set_transport(transport)
        writer = asyncio.StreamWriter(transport, request.protocol, reader, asyncio.get_running_loop())
        lines = [f"HTTP/1.1 {reply.status} Switching Protocols", *(f"{k}: {v}" for k, v in reply.headers)]
        request.protocol.set_parser(_Bytes(reader))  # type: ignore[arg-type]  # it is fed and closed, no more
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        self._streams[task] = None
        try:
            await upgrade(reader, writer)
        except asyncio.CancelledError:
            if not self._ending:
                raise
            task.uncancel()
        finally:
            self._streams.pop(task, None)
            writer.close()
        return response


class _Bytes:
    """What aiohttp calls a parser: passes on what comes after an upgrade as it is."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._reader.feed_data(data)
        return False, b""

    def feed_eof(self) -> None:
        self._reader.feed_eof()


def wants_gzip(headers: Mapping[str, str]) -> bool:
    """Whether gzip is named as it is; the original reads neither weights nor `*`."""
    return any(token.strip() == GZIP for token in headers.get(hdrs.ACCEPT_ENCODING, "").split(","))


async def _until_closed(response: web.WebSocketResponse, watch: asyncio.Task[object]) -> None:
    async for _ in response:
        pass
    watch.cancel()


async def _say_goodbye(response: web.StreamResponse) -> None:
    try:
        async with asyncio.timeout(LAST_WORDS_SECONDS):
            await response.write_eof()
    except (ConnectionError, TimeoutError):
        pass  # the client has gone, or does not read


def _reader(request: web.BaseRequest) -> Callable[[int], Awaitable[bytes]]:
    async def read(limit: int) -> bytes:
        if not request.can_read_body:
            return b""
        if (request.content_length or 0) > limit:
            raise errors.too_large_body(limit)
        if request.transport is not None and request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            # The client holds its body back until it hears that somebody wants it.
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
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
