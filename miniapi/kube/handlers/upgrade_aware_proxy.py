"""Passes a request on to another server, upgraded connections too (apimachinery/pkg/util/proxy UpgradeAwareHandler)."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlsplit

from multidict import CIMultiDict

from miniapi import errors
from miniapi.client.outbound import Trust
from miniapi.endpoints.context import Context
from miniapi.wire import Reply, Request

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
MAX_HEAD_BYTES = 64 * 1024
COPY_BYTES = 64 * 1024


class Dialer(Protocol):
    """What the proxy needs of the network. OSError in Go's words where it fails."""

    async def send(self, request: Request, trust: Trust | None = None) -> Reply:
        """The reply to a request whose path is a whole URL."""
        ...

    async def dial(
        self, host: str, port: int, *, tls: bool, trust: Trust | None = None
    ) -> tuple[StreamReader, StreamWriter]:
        """A connection of one's own."""
        ...


@dataclass(frozen=True, slots=True)
class Location:
    """Where a request goes."""

    scheme: str
    host: str
    port: int
    path: str = ""
    query: str = ""
    trust: Trust | None = None
    """How both sides prove themselves; None for what is not checked."""

    @property
    def authority(self) -> str:
        """Host and port as a URL has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def target(self) -> str:
        """Path and query as a request has them."""
        path = quote(self.path or "/", safe="/:@!$&'()*+,;=~")
        return f"{path}?{self.query}" if self.query else path


def is_upgrade(context: Context) -> bool:
    """Whether the client asks for another protocol (httpstream.IsUpgradeRequest)."""
    return any("upgrade" in value.lower() for value in context.request.headers.getall("Connection", []))


async def proxy(context: Context, dialer: Dialer, location: Location, prefix: str) -> Reply:
    """The other server's answer; 503 where there is none. `prefix` is the path that stands for its root."""
    if is_upgrade(context):
        return await upgrade(context, dialer, location)
    if not location.path and context.request.method in ("GET", "HEAD"):
        query = f"?{context.request.query}" if context.request.query else ""
        return Reply(301, b"", "", [("Location", f"{context.request.path}/{query}")])
    url = f"{location.scheme}://{location.authority}{location.target}"
    headers = _passed_on(context)
    headers["X-Forwarded-Host"] = context.request.headers.get("Host", "")
    headers["X-Forwarded-Proto"] = "https"
    headers["X-Forwarded-Uri"] = prefix + location.path
    request = Request(context.request.method, url, "", headers, context.request.read)
    try:
        reply = await dialer.send(request, location.trust)
    except OSError as problem:
        raise errors.unavailable(f"error trying to reach service: {problem}") from None
    reply.headers = [*_answered(reply.headers, location, prefix)]
    return reply


async def upgrade(context: Context, dialer: Dialer, location: Location) -> Reply:
    """Lets client and server talk on once the server agrees to switch, else passes on its answer.

    500 where it is not reached.
    """
    try:
        reader, writer = await dialer.dial(
            location.host, location.port, tls=location.scheme == "https", trust=location.trust
        )
    except OSError as problem:
        raise errors.server_error(f"error dialing backend: {problem}") from None
    headers = _passed_on(context)
    for name in ("Connection", "Upgrade"):
        if name in context.request.headers:
            headers[name] = context.request.headers[name]
    headers["Host"] = location.authority
    head = [f"{context.request.method} {location.target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    try:
        writer.write("\r\n".join(head).encode("latin-1"))
        status, answered = _parse(await reader.readuntil(b"\r\n\r\n"))
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as problem:
        writer.close()
        raise errors.server_error(f"error dialing backend: {problem}") from None
    if status != 101:
        length = next((int(v) for k, v in answered if k.lower() == "content-length"), None)
        content_type = next((v for k, v in answered if k.lower() == "content-type"), "")
        kept = [(k, v) for k, v in answered if k.lower() not in HOP_BY_HOP | {"content-type", "content-length"}]
        return Reply(status, b"", content_type, kept, _rest(reader, writer, length))

    async def talk(client_reader: StreamReader, client_writer: StreamWriter) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(client_reader, writer))
                group.create_task(_copy(reader, client_writer))
        finally:
            writer.close()

    return Reply(status, b"", "", answered, upgrade=talk)


def _passed_on(context: Context) -> CIMultiDict[str]:
    """The client's headers, but for those of the connection and those that say who asks."""
    dropped = HOP_BY_HOP | {"host", "authorization", "content-length"}
    headers = CIMultiDict((k, v) for k, v in context.request.headers.items() if k.lower() not in dropped)
    if context.request.peer.address:
        known = headers.get("X-Forwarded-For")
        headers["X-Forwarded-For"] = (
            f"{known}, {context.request.peer.address}" if known else context.request.peer.address
        )
    if "Content-Length" in context.request.headers and is_upgrade(context):
        headers["Content-Length"] = "0"
    return headers


def _answered(headers: Iterable[tuple[str, str]], location: Location, prefix: str) -> Iterable[tuple[str, str]]:
    """Without what concerns the connection or other origins; redirects within the other server stay behind `prefix`."""
    for name, value in headers:
        lower = name.lower()
        if lower in HOP_BY_HOP or lower.startswith("access-control-"):
            continue
        if lower == "location":
            parts = urlsplit(value)
            if not parts.netloc or parts.netloc == location.authority:
                path = parts.path if parts.path.startswith("/") else f"{location.path.rpartition('/')[0]}/{parts.path}"
                yield name, prefix + path + (f"?{parts.query}" if parts.query else "")
                continue
        yield name, value


def _parse(head: bytes) -> tuple[int, list[tuple[str, str]]]:
    """(status, headers) of an answer's head. ValueError for what is none."""
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name, value.strip()))
    return int(first.split(" ", 2)[1]), headers


async def _copy(reader: StreamReader, writer: StreamWriter) -> None:
    """Until one side ends; the other then hears that nothing more comes."""
    try:
        while data := await reader.read(COPY_BYTES):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # who is gone needs no more
    finally:
        if not writer.is_closing():
            writer.close()


async def _rest(reader: StreamReader, writer: StreamWriter, length: int | None) -> AsyncIterator[bytes]:
    try:
        left = length
        while left is None or left > 0:
            data = await reader.read(COPY_BYTES if left is None else min(left, COPY_BYTES))
            if not data:
                return
            left = None if left is None else left - len(data)
            yield data
    finally:
        writer.close()
