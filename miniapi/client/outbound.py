"""Calls over the network: the proxy transport to kubelets, webhooks and API services, and a client's own."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from multidict import CIMultiDict

from miniapi.client.config import ClientConfig
from miniapi.meta import authorities
from miniapi.wire import Reply, Request

if TYPE_CHECKING:
    import aiohttp

CONNECTIONS = 100
CONNECTIONS_PER_HOST = 100
IDLE_SECONDS = 90.0
CONNECT_SECONDS = 30.0
TLS_HANDSHAKE_SECONDS = 10.0
MAX_BODY_BYTES = 16 * 1024 * 1024
WATCH_BUFFER_BYTES = 1024 * 1024
MOST_TLS_CONTEXTS = 64


@dataclass(frozen=True, slots=True)
class Trust:
    """How one call's server proves itself, and how the call does: hashable, so that its TLS context is made once."""

    ca: bytes = b""
    """PEM certificates; the system's where empty."""
    insecure: bool = False
    """The certificate is not checked."""
    server_name: str = ""
    """Name that the certificate must have, where it is not the host's."""
    certificate_file: str = ""
    key_file: str = ""

    def context(self) -> ssl.SSLContext:
        """ValueError where the CA cannot be read, OSError where the files cannot."""
        if problem := authorities.complaint(self.ca):
            raise ValueError(problem)
        tls = ssl.create_default_context(cadata=self.ca.decode("latin-1") if self.ca else None)
        if self.insecure:
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        if self.certificate_file:
            tls.load_cert_chain(self.certificate_file, self.key_file)
        return tls


@dataclass(frozen=True, slots=True)
class ProxyTransportConfig:
    """How outbound TLS is checked where a call does not say otherwise."""

    ca_file: str = ""
    """CA of kubelets (--kubelet-certificate-authority); without one their certificates are not checked."""


class ProxyTransport:
    """A `Transport` over the network; the session is made with the first request."""

    def __init__(self, config: ProxyTransportConfig) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None
        self._contexts: dict[Trust, ssl.SSLContext] = {}

    async def send(self, request: Request, trust: Trust | None = None) -> Reply:
        """`request.path` is a whole URL here. The body is streamed, redirects are the caller's.

        ConnectionError, worded as Go's, where the server cannot be reached or does not prove itself.
        """
        import aiohttp
        from yarl import URL

        if self._session is None:
            self._session = _session(self._tls())
        url = URL(request.path + ("?" + request.query if request.query else ""), encoded=True)
        try:
            response = await self._session.request(
                request.method,
                url,
                data=await request.read(MAX_BODY_BYTES) or None,
                headers=request.headers,
                allow_redirects=False,
                ssl=self._context(trust) if trust is not None else True,
                server_hostname=(trust.server_name or url.host) if trust is not None else None,
            )
        except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
            raise ConnectionError(said_by_go(problem, url.host or "", url.port or 0)) from None
        headers = CIMultiDict(response.headers)
        content_type = headers.pop("Content-Type", "")
        return Reply(response.status, b"", content_type, list(headers.items()), _chunks(response))

    async def dial(
        self, host: str, port: int, *, tls: bool, trust: Trust | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection of one's own, for what is not HTTP any more after a while. OSError in Go's words."""
        context = self._context(trust) if trust is not None else self._tls()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(host, port, ssl=context if tls else None)
        except TimeoutError:
            raise ConnectionError(f"dial tcp {host}:{port}: i/o timeout") from None
        except ssl.SSLCertVerificationError as problem:
            raise ConnectionError(_unverified(problem)) from None
        except OSError as problem:
            raise ConnectionError(dial_problem(host, port, problem)) from None

    def _tls(self) -> ssl.SSLContext:
        tls = ssl.create_default_context(cafile=self._config.ca_file or None)
        if not self._config.ca_file:
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        return tls

    async def close(self) -> None:
        """Closes the pool."""
        if self._session is not None:
            await self._session.close()

    def _context(self, trust: Trust) -> ssl.SSLContext:
        found = self._contexts.get(trust)
        if found is None:
            if len(self._contexts) >= MOST_TLS_CONTEXTS:
                self._contexts.clear()
            found = self._contexts[trust] = trust.context()
        return found


def said_by_go(problem: Exception, host: str, port: int) -> str:
    """What net/http says where a request fails, since clients show it and tests look for it."""
    import aiohttp

    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return dial_problem(host, port, socket.gaierror())
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return _unverified(problem.certificate_error)
    if isinstance(problem, aiohttp.ClientConnectorError):
        return dial_problem(host, port, problem.os_error)
    if isinstance(problem, TimeoutError):
        return "context deadline exceeded"
    return str(problem) or "EOF"


X509 = {
    "self-signed certificate": "certificate signed by unknown authority",
    "unable to get local issuer certificate": "certificate signed by unknown authority",
    "certificate has expired": "certificate has expired or is not yet valid",
}
"""OpenSSL's words in Go's."""


def _unverified(problem: Exception) -> str:
    words = getattr(problem, "verify_message", "") or str(problem)
    return f"tls: failed to verify certificate: x509: {X509.get(words, words)}"


def dial_problem(host: str, port: int, problem: OSError) -> str:
    """What Go's net.Dial says of an error."""
    if isinstance(problem, socket.gaierror):
        return f"dial tcp: lookup {host}: no such host"
    why = os.strerror(problem.errno).lower() if problem.errno else str(problem)
    return f"dial tcp {f'[{host}]' if ':' in host else host}:{port}: connect: {why}"


class HttpsTransport:
    """A client's `Transport` to the server that its config names."""

    def __init__(self, config: ClientConfig) -> None:
        self._config = config
        self._tls = config.tls()
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Reply:
        """Watches stream, everything else is read whole. OSError where the server cannot be reached."""
        import aiohttp
        from yarl import URL

        if self._session is None:
            self._session = _session(self._tls)
        headers = CIMultiDict(request.headers)
        token = self._config.token()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        headers["Accept-Encoding"] = "gzip" if self._config.compression else "identity"
        base = self._config.host.rstrip("/")
        url = base + quote(request.path, safe="/:@!$&'()*+,;=~") + ("?" + request.query if request.query else "")
        name = self._config.server_name or urlsplit(base).hostname
        try:
            response = await self._session.request(
                request.method,
                URL(url, encoded=True),
                data=await request.read(MAX_BODY_BYTES),
                headers=headers,
                server_hostname=name if self._tls else None,
            )
            content_type = response.headers.get("Content-Type", "")
            replied = list(response.headers.items())
            if response.status < 400 and "watch=true" in request.query.split("&"):
                return Reply(response.status, b"", content_type, replied, _chunks(response))
            body = await response.read()
        except aiohttp.ClientError as problem:
            raise ConnectionError(f"{request.method} {base}{request.path}: {problem}") from None
        if response.headers.get("Content-Encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        return Reply(response.status, body, content_type, replied)

    async def close(self) -> None:
        """Closes the pool."""
        if self._session is not None:
            await self._session.close()


def _session(tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
    import aiohttp

    class Connector(aiohttp.TCPConnector):
        """aiohttp has no setting for the TLS handshake alone; this is the one call that takes it."""

        async def _wrap_create_connection(self, *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("ssl"):
                kwargs["ssl_handshake_timeout"] = TLS_HANDSHAKE_SECONDS
            return await super()._wrap_create_connection(*args, **kwargs)

    connector = Connector(
        ssl=tls if tls is not None else True,
        limit=CONNECTIONS,
        limit_per_host=CONNECTIONS_PER_HOST,
        keepalive_timeout=IDLE_SECONDS,
    )
    timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS)
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout, auto_decompress=False, read_bufsize=WATCH_BUFFER_BYTES
    )


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    import aiohttp

    try:
        async for chunk in response.content.iter_any():
            yield chunk
    except aiohttp.ClientError as problem:
        raise ConnectionError(f"the connection broke: {problem}") from None
    finally:
        response.close()
