"""Posts events to a service as EventLists (plugin/pkg/audit/webhook)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from multidict import CIMultiDict

from miniapi.client.config import ClientConfig
from miniapi.client.outbound import HttpsTransport
from miniapi.client.review_webhook import PAUSE_FACTOR, RETRIES, TIMEOUT_SECONDS, ClosableTransport
from miniapi.wire import JSON, Request, fixed_body


class WebhookBackend:
    """One URL, named by a kubeconfig; tried again where the service is busy or away."""

    def __init__(
        self, config: ClientConfig, initial_pause_seconds: float, transport: ClosableTransport | None = None
    ) -> None:
        self._pause_seconds = initial_pause_seconds
        self._transport = transport or HttpsTransport(config)

    async def write(self, lines: Sequence[bytes]) -> None:
        """OSError where the service does not take them."""
        events = b",".join(line.rstrip() for line in lines if line)
        body = b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[%b]}' % events
        pause = self._pause_seconds
        for attempt in range(RETRIES + 1):
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    headers = CIMultiDict({"Content-Type": JSON, "Accept": JSON})
                    reply = await self._transport.send(Request("POST", "", "", headers, fixed_body(body)))
            except (OSError, TimeoutError) as problem:
                failure = str(problem) or "context deadline exceeded"
            else:
                if reply.status < 400:
                    return
                failure = f"the audit webhook answered {reply.status}"
                if reply.status < 500 and reply.status != 429:
                    break
            if attempt < RETRIES:
                await asyncio.sleep(pause)
                pause *= PAUSE_FACTOR
        raise OSError(failure)

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.close()
