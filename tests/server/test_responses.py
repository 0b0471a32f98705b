"""How whole answers look on the wire."""

from __future__ import annotations

import asyncio
import socket

import pytest

from miniapi.server.responses import COPIED_BYTES, head_of
from miniapi.server.serving import HttpServer
from miniapi.wire import Reply, Request


def test_a_head_says_status_type_length_and_date() -> None:
    lines = head_of(Reply(201, b"{}", headers=[("Audit-Id", "x")])).decode().split("\r\n")
    assert lines[:4] == ["HTTP/1.1 201 Created", "Content-Type: application/json", "Audit-Id: x", "Content-Length: 2"]
    assert lines[4].startswith("Date: ")
    assert lines[4].endswith(" GMT")
    assert lines[5:] == ["", ""]


def test_an_answer_without_a_body_of_its_own_has_neither_length_nor_type() -> None:
    text = head_of(Reply(304, content_type="", headers=[("ETag", '"a"')])).decode()
    assert text.startswith('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nDate: ')


def test_a_status_that_nobody_has_named_goes_out_as_it_is() -> None:
    assert head_of(Reply(599, b"")).startswith(b"HTTP/1.1 599 \r\n")


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\rb"])
def test_no_header_breaks_out_of_its_line(value: str) -> None:
    with pytest.raises(ValueError, match="more than one line"):
        head_of(Reply(200, b"", headers=[("Location", value)]))


@pytest.mark.parametrize("size", [10, COPIED_BYTES + 1])
@pytest.mark.parametrize(
    ("version", "asked", "told", "stays"),
    [
        ("1.1", "", None, True),
        ("1.1", "Connection: close\r\n", "close", False),
        ("1.0", "", None, False),
        ("1.0", "Connection: keep-alive\r\n", "keep-alive", True),
    ],
)
async def test_a_connection_is_kept_as_the_client_asks(
    version: str, asked: str, told: str | None, stays: bool, size: int
) -> None:
    async def serve(request: Request) -> Reply:
        return Reply(200, b"x" * size, "text/plain")

    listener = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(serve, grace_seconds=0.1)
    await server.start(listener, None)
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    try:
        for _ in range(2 if stays else 1):
            writer.write(f"GET / HTTP/{version}\r\nHost: x\r\n{asked}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            assert (f"Connection: {told}\r\n" in head) == (told is not None)
            assert await reader.readexactly(size) == b"x" * size
        if not stays:
            assert await reader.read() == b""
    finally:
        writer.close()
        await server.close()


async def test_a_client_that_holds_its_body_back_is_told_to_send_it_when_it_is_read() -> None:
    async def serve(request: Request) -> Reply:
        if request.path == "/refused":
            return Reply(403, b"")
        return Reply(200, await request.read(100))

    listener = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(serve, grace_seconds=0.1)
    await server.start(listener, None)
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    try:
        head = "POST {} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        writer.write(head.format("/wanted").encode())
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"body")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
        assert await reader.readexactly(4) == b"body"
        writer.write(head.format("/refused").encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 403 Forbidden\r\n")
    finally:
        writer.close()
        await server.close()
