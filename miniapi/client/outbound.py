"""The proxy transport: one pooled aiohttp session for calls to kubelets, webhooks and API services."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from multidict import CIMultiDict

from miniapi.wire import Reply, Request

if TYPE_CHECKING:
    import aiohttp

CONNECTIONS = 100
CONNECTIONS_PER_HOST = 100
IDLE_SECONDS = 90.0
CONNECT_SECONDS = 30.0
TLS_HANDSHAKE_SECONDS = 10.0
MAX_BODY_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ProxyTransportConfig:
    """How outbound TLS is checked."""

    ca_file: str = ""
    """CA of kubelets (--kubelet-certificate-authority); without one their certificates are not checked."""


class ProxyTransport:
    """A `Transport` over the network; the session is made with the first request."""

    def __init__(self, config: ProxyTransportConfig) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None:
            tls = ssl.create_default_context(cafile=self._config.ca_file or None)
            if not self._config.ca_file:
                tls.check_hostname = False
                tls.verify_mode = ssl.CERT_NONE
            connector = aiohttp.TCPConnector(
                ssl=tls, limit=CONNECTIONS, limit_per_host=CONNECTIONS_PER_HOST, keepalive_timeout=IDLE_SECONDS
            )
            timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False)
        return self._session

    async def send(self, request: Request) -> Reply:
        """`request.path` is a whole URL here. The body is streamed."""
        session = self._open()
        url = request.path + ("?" + request.query if request.query else "")
        response = await session.request(
            request.method, url, data=await request.read(MAX_BODY_BYTES), headers=request.headers
        )

        async def chunks() -> AsyncIterator[bytes]:
            try:
                async for chunk in response.content.iter_any():
                    yield chunk
            finally:
                response.release()

        headers = CIMultiDict(response.headers)
        content_type = headers.pop("Content-Type", "application/octet-stream")
        return Reply(response.status, b"", content_type, list(headers.items()), chunks())

    async def close(self) -> None:
        """Closes the pool."""
        if self._session is not None:
            await self._session.close()
