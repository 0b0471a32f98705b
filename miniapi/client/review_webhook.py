"""A service that answers reviews of tokens or rights, named by a kubeconfig (apiserver/pkg/util/webhook)."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import orjson
from multidict import CIMultiDict

from miniapi.client.config import ClientConfig
from miniapi.client.interface import Transport
from miniapi.client.outbound import HttpsTransport
from miniapi.meta.objects import Object
from miniapi.wire import JSON, Reply, Request, fixed_body

TIMEOUT_SECONDS = 30.0
RETRIES = 4
FIRST_PAUSE_SECONDS, PAUSE_FACTOR = 0.5, 1.5
"""webhook.DefaultRetryBackoffWithInitialDelay, without its jitter."""


class WebhookFailed(Exception):
    """The service gave no review."""


class ClosableTransport(Transport, Protocol):
    """A transport with connections of its own."""

    async def close(self) -> None: ...


class ReviewWebhook:
    """Posts reviews to one URL; tries again where the service is busy or away."""

    def __init__(self, config: ClientConfig, transport: ClosableTransport | None = None) -> None:
        self._shown = config.host
        self._transport = transport or HttpsTransport(config)

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.close()

    async def ask(self, review: Object) -> Object:
        """The answered review; raises WebhookFailed."""
        body, pause = orjson.dumps(review), FIRST_PAUSE_SECONDS
        for attempt in range(RETRIES + 1):
            try:
                reply = await self._send(body)
            except (OSError, TimeoutError) as problem:
                failure = f'Post "{self._shown}": {problem or "context deadline exceeded"}'
            else:
                if reply.status < 500 and reply.status != 429:
                    return _review(reply)
                failure = _status(reply)
            if attempt < RETRIES:
                await asyncio.sleep(pause)
                pause *= PAUSE_FACTOR
        raise WebhookFailed(failure)

    async def _send(self, body: bytes) -> Reply:
        headers = CIMultiDict({"Content-Type": JSON, "Accept": JSON})
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await self._transport.send(Request("POST", "", "", headers, fixed_body(body)))


def _review(reply: Reply) -> Object:
    if not 200 <= reply.status < 300:
        raise WebhookFailed(_status(reply))
    try:
        review: Any = orjson.loads(reply.body)
    except orjson.JSONDecodeError as problem:
        raise WebhookFailed(f"the webhook's answer is not JSON: {problem}") from None
    if not isinstance(review, dict) or not isinstance(review.get("status"), dict):
        raise WebhookFailed("the webhook's answer has no status")
    return review


def _status(reply: Reply) -> str:
    return f"the webhook answered {reply.status}: {reply.body[:200].decode('utf-8', 'replace')}"
