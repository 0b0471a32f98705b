"""Refuses requests once the server stops serving (apiserver/pkg/server/filters: waitgroup.go, with_retry_after.go)."""

from __future__ import annotations

import asyncio
from typing import Final

from miniapi import errors
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.meta.request_info import is_long_running
from miniapi.wire import Reply, plain_text

EXEMPT: Final = ("/readyz", "/livez", "/healthz", "/metrics")
"""Prefixes of paths that are answered to the end: probes shall see the server go."""
RETRY_AFTER_SECONDS: Final = 5


class Drain:
    """Whether requests from outside are still taken, and how many of them run."""

    def __init__(self, *, send_retry_after: bool) -> None:
        self._send_retry_after = send_retry_after
        self._closed = False
        self._running = 0
        self._idle = asyncio.Event()

    def close(self) -> None:
        """From now on new requests are refused."""
        self._closed = True
        if not self._running:
            self._idle.set()

    async def wait(self, most_seconds: float) -> None:
        """Returns once closed and the last short request has ended, or the time is over."""
        try:
            async with asyncio.timeout(most_seconds):
                await self._idle.wait()
        except TimeoutError:
            pass

    def filter(self) -> Filter:
        """503 once closed, or with `send_retry_after` 429; the server's own clients go on until they are stopped."""

        def wrap(handler: Handler) -> Handler:
            async def handle(context: Context) -> Reply:
                request = context.request
                if request.peer.loopback or (is_long_running(context.info) and not self._closed):
                    return await handler(context)
                if self._closed and not request.path.startswith(EXEMPT):
                    return self._refusal()
                self._running += 1
                try:
                    return await handler(context)
                finally:
                    self._running -= 1
                    if self._closed and not self._running:
                        self._idle.set()

            return handle

        return wrap

    def _refusal(self) -> Reply:
        if self._send_retry_after:
            reply = plain_text(429, "The apiserver is shutting down, please try again later.")
            reply.headers += [("Retry-After", str(RETRY_AFTER_SECONDS)), ("Connection", "close")]
            return reply
        problem = errors.unavailable("apiserver is shutting down")
        problem.headers += [("Retry-After", "1"), ("Connection", "close")]
        raise problem
