"""Answers as aiohttp's server sends them: whole, in pieces, as a stream, or by hand.

None of them says what serves it: kube-apiserver does not either.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import SERVER_SOFTWARE, HttpVersion11
from multidict import CIMultiDict

from miniapi.wire import Reply

PIECE_BYTES = 256 * 1024
"""What is written to a connection at once."""
COPIED_BYTES = 16 * 1024
"""Below this size a body is copied behind its head; a larger one may have to wait for a client that reads slowly."""
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class WholeResponse(web.StreamResponse):
    """A whole answer whose head and body leave in one write.

    Nearly every answer is one: it does without what aiohttp's own response does for those that still grow.
    """

    def __init__(self, reply: Reply) -> None:  # what aiohttp's own keeps is not needed
        self._reply = reply
        self._kept = False

    @property
    def keep_alive(self) -> bool:
        """Whether another request may follow on the connection."""
        return self._kept

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Sends it all; ConnectionError where the client has gone."""
        reply, transport = self._reply, request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")
        self._kept = request.keep_alive
        connection = "" if self._kept and request.version == HttpVersion11 else _connection(request, self._kept)
        head = head_of(reply, connection)
        body = b"" if request.method == hdrs.METH_HEAD else reply.body
        if len(body) < COPIED_BYTES:
            transport.write(head + body)
        else:
            transport.writelines((head, body))
            await request.writer.drain()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""


def _connection(request: web.BaseRequest, kept: bool) -> str:
    if kept:
        return "Connection: keep-alive\r\n"  # HTTP/1.0 asks to be told
    return "Connection: close\r\n" if request.version == HttpVersion11 else ""


def head_of(reply: Reply, connection: str = "") -> bytes:
    """Status line and headers; ValueError for a header that would break out of its line."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in reply.headers])
    if lines.count("\n") != len(reply.headers) or lines.count("\r") != len(reply.headers):
        raise ValueError("a header's value has more than one line")
    start, length = _start(reply.status, reply.content_type), ""
    if reply.status not in (204, 304):
        length = f"Content-Length: {len(reply.body)}\r\n"
    return f"{start}{lines}{connection}{length}Date: {_date(int(time.time()))}\r\n\r\n".encode()


@lru_cache(256)
def _start(status: int, content_type: str) -> str:
    typed = f"Content-Type: {content_type}\r\n" if content_type else ""
    phrase = _PHRASES.get(status, "")
    return f"HTTP/1.1 {status} {phrase}\r\n{typed}"


@lru_cache(1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


class StreamResponse(web.StreamResponse):
    """An answer of chunks."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        headers = self.headers
        if headers[hdrs.SERVER] is SERVER_SOFTWARE:
            del headers[hdrs.SERVER]


class Switched(web.StreamResponse):
    """Stands for an answer that was sent by hand."""

    async def prepare(self, request: web.BaseRequest) -> None:
        """Nothing is sent."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""


async def in_pieces(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    """A large body piece by piece: TLS keeps a buffer as large as the largest write while a connection lives."""
    response = StreamResponse(status=reply.status, headers=CIMultiDict(reply.headers))
    response.headers[hdrs.CONTENT_TYPE] = reply.content_type
    response.content_length = len(reply.body)
    await response.prepare(request)
    body = memoryview(reply.body)
    for start in range(0, len(body), PIECE_BYTES):
        await response.write(body[start : start + PIECE_BYTES])
    await response.write_eof()
    return response
