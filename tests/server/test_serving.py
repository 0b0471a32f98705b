"""How the HTTP server ends: short requests finish, streams end cleanly, idle connections do not hold it up."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator

import pytest

from miniapi.server.serving import GZIP_FROM_BYTES, HttpServer
from miniapi.wire import Reply, Request

QUICK_SECONDS = 3.0


def bound() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.setblocking(False)
    return listener


async def connect(listener: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*listener.getsockname())


async def for_ever() -> AsyncIterator[bytes]:
    yield b"first\n"
    await asyncio.Event().wait()


async def test_stop_ends_streams_cleanly_and_does_not_wait_for_idle_connections() -> None:
    async def serve(request: Request) -> Reply:
        return Reply(200, stream=for_ever()) if request.path == "/watch" else Reply(200, b"{}")

    http, listener = HttpServer(serve, grace_seconds=60), bound()
    await http.start(listener, None)
    idle_reader, idle = await connect(listener)
    idle.write(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
    await idle_reader.readuntil(b"{}")
    reader, watch = await connect(listener)
    watch.write(b"GET /watch HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"first\n")
    async with asyncio.timeout(QUICK_SECONDS):
        await http.end_streams()
        await http.close()
        assert (await reader.read()).endswith(b"0\r\n\r\n")
        assert await idle_reader.read() == b""
    for writer in (idle, watch):
        writer.close()


async def test_stop_lets_a_running_request_finish() -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def serve(request: Request) -> Reply:
        started.set()
        await go_on.wait()
        return Reply(200, b'{"done":true}')

    http, listener = HttpServer(serve, grace_seconds=60), bound()
    await http.start(listener, None)
    reader, writer = await connect(listener)
    writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
    await started.wait()
    async with asyncio.timeout(QUICK_SECONDS):
        stopping = asyncio.ensure_future(http.close())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        go_on.set()
        assert (await reader.read()).endswith(b'{"done":true}')
        await stopping
    writer.close()


async def test_stop_does_not_outlast_the_grace_for_a_request_that_does_not_end() -> None:
    started = asyncio.Event()

    async def serve(request: Request) -> Reply:
        started.set()
        await asyncio.Event().wait()
        return Reply(200)

    http, listener = HttpServer(serve, grace_seconds=0.1), bound()
    await http.start(listener, None)
    _, writer = await connect(listener)
    writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
    await started.wait()
    async with asyncio.timeout(QUICK_SECONDS):
        await http.close()
    writer.close()


async def test_streams_are_ended_over_the_time_given() -> None:
    async def serve(request: Request) -> Reply:
        return Reply(200, stream=for_ever())

    http, listener = HttpServer(serve), bound()
    await http.start(listener, None)
    open_ones = [await connect(listener) for _ in range(2)]
    for reader, writer in open_ones:
        writer.write(b"GET /watch HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"first\n")
    loop = asyncio.get_running_loop()
    began = loop.time()
    await http.end_streams(0.2)
    assert 0.2 <= loop.time() - began < QUICK_SECONDS
    await http.close()
    for _, writer in open_ones:
        writer.close()


async def test_a_large_body_goes_out_whole_in_pieces() -> None:
    body = bytes(range(256)) * 8192

    async def serve(request: Request) -> Reply:
        return Reply(200, body)

    http, listener = HttpServer(serve), bound()
    await http.start(listener, None)
    reader, writer = await connect(listener)
    writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert await reader.readexactly(len(body)) == body
    writer.close()
    await http.close()


async def test_a_head_request_is_answered_without_the_large_body() -> None:
    async def serve(request: Request) -> Reply:
        return Reply(200, bytes(1 << 20))

    http, listener = HttpServer(serve), bound()
    await http.start(listener, None)
    reader, writer = await connect(listener)
    writer.write(b"HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
    assert b"Content-Length: 1048576" in head
    assert rest == b""
    writer.close()
    await http.close()


@pytest.mark.parametrize(
    ("size", "asked", "compress", "squeezed"),
    [
        (GZIP_FROM_BYTES + 1, "deflate, gzip", True, True),
        (GZIP_FROM_BYTES + 1, "gzip", False, False),
        (GZIP_FROM_BYTES, "gzip", True, False),
        (GZIP_FROM_BYTES + 1, "", True, False),
        (GZIP_FROM_BYTES + 1, "gzip;q=0", True, False),
    ],
)
async def test_large_answers_are_squeezed_for_those_who_ask(
    size: int, asked: str, compress: bool, squeezed: bool
) -> None:
    body = b"x" * size

    async def serve(request: Request) -> Reply:
        return Reply(200, body)

    http, listener = HttpServer(serve, compress=compress), bound()
    await http.start(listener, None)
    reader, writer = await connect(listener)
    writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: %b\r\n\r\n" % asked.encode())
    head, _, sent = (await reader.read()).partition(b"\r\n\r\n")
    assert (b"Content-Encoding: gzip" in head) == (b"Vary: Accept-Encoding" in head) == squeezed
    assert (gzip.decompress(sent) if squeezed else sent) == body
    writer.close()
    await http.close()


async def test_an_upgraded_connection_is_handed_over_and_ends_with_the_server() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data.upper())
            await writer.drain()

    async def serve(request: Request) -> Reply:
        return Reply(101, headers=[("Connection", "Upgrade"), ("Upgrade", "SPDY/3.1")], upgrade=shout)

    http, listener = HttpServer(serve, grace_seconds=60), bound()
    await http.start(listener, None)
    reader, writer = await connect(listener)
    writer.write(b"POST /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n")
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"HELLO"
    async with asyncio.timeout(QUICK_SECONDS):
        await http.end_streams()
        await http.close()
        assert await reader.read() == b""
    writer.close()


async def test_answers_do_not_say_what_serves_them_but_pass_on_what_others_say() -> None:
    async def serve(request: Request) -> Reply:
        return Reply(200, b"{}", headers=[("Server", "kubelet")] if request.path == "/proxied" else [])

    http, listener = HttpServer(serve), bound()
    await http.start(listener, None)
    reader, writer = await connect(listener)
    for path, expected in ((b"/", None), (b"/proxied", b"kubelet")):
        writer.write(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        head = await reader.readuntil(b"{}")
        assert (b"Server:" in head, expected is None or expected in head) == (expected is not None, True)
    await http.close()
    writer.close()


async def test_stream_of_a_client_that_has_gone_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("miniapi.server.serving.SWEEP_SECONDS", 0.01)
    ended = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        try:
            yield b"first\n"
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def serve(request: Request) -> Reply:
        return Reply(200, stream=silent())

    http, listener = HttpServer(serve), bound()
    await http.start(listener, None)
    reader, writer = await connect(listener)
    writer.write(b"GET /watch HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"first\n")
    writer.close()
    async with asyncio.timeout(QUICK_SECONDS):
        await ended.wait()
        await http.close()
