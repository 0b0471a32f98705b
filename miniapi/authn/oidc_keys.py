"""The keys of an OpenID issuer: fetched with the first token, and again when a token names one that is new."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson
from multidict import CIMultiDict

from miniapi.authn import jose
from miniapi.authn.interface import InvalidCredential
from miniapi.client.config import ClientConfig
from miniapi.client.outbound import HttpsTransport
from miniapi.wire import Request, no_body

AGAIN_AFTER_SECONDS = 10.0
"""How soon keys are asked for again, whatever tokens say."""
TIMEOUT_SECONDS = 30.0
WELL_KNOWN = "/.well-known/openid-configuration"


class Documents(Protocol):
    """Reads JSON documents by URL; raises OSError or ValueError."""

    async def get(self, url: str) -> Any: ...


class HttpDocuments:
    """Over the network, one connection a document: it is seldom needed."""

    def __init__(self, ca: bytes) -> None:
        self._ca = ca

    async def get(self, url: str) -> Any:
        """The document; OSError where it cannot be had, ValueError where it is no JSON."""
        parts = urlsplit(url)
        transport = HttpsTransport(ClientConfig(f"{parts.scheme}://{parts.netloc}", ca=self._ca))
        headers = CIMultiDict({"Accept": "application/json"})
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                reply = await transport.send(Request("GET", parts.path, parts.query, headers, no_body))
        finally:
            await transport.close()
        if reply.status != 200:
            raise OSError(f"{url} answered {reply.status}")
        return orjson.loads(reply.body)


class IssuerKeys:
    """What the issuer's discovery document points at."""

    def __init__(
        self,
        issuer_url: str,
        discovery_url: str,
        documents: Documents,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer_url = issuer_url
        self._discovery_url = discovery_url or issuer_url.rstrip("/") + WELL_KNOWN
        self._documents = documents
        self._clock = clock
        self._keys: Sequence[jose.PublicKey] = ()
        self._next = 0.0
        self._lock = asyncio.Lock()

    async def keys(self, key_id: str) -> Sequence[jose.PublicKey]:
        """As `KeySource`."""
        async with self._lock:
            known = any(k.key_id == key_id for k in self._keys) if key_id else bool(self._keys)
            if not known and self._clock() >= self._next:
                self._next = self._clock() + AGAIN_AFTER_SECONDS
                try:
                    self._keys = await self._fetch()
                except (OSError, ValueError, TimeoutError) as problem:
                    raise InvalidCredential(f"oidc: authenticator not initialized: {problem}") from None
        return self._keys

    async def _fetch(self) -> Sequence[jose.PublicKey]:
        document = await self._documents.get(self._discovery_url)
        if document.get("issuer") != self._issuer_url:
            raise ValueError(f"issuer did not match: expected {self._issuer_url} got {document.get('issuer')}")
        found = (await self._documents.get(document["jwks_uri"])).get("keys") or ()
        return [key for jwk in found if (key := jose.from_jwk(jwk)) is not None]
