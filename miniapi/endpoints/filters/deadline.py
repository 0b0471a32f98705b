"""Ends requests that take too long (--request-timeout); watches have their own end."""

from __future__ import annotations

import asyncio

from miniapi import errors
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.wire import Reply

_QUICK = frozenset({"get", "watch", "proxy"})


def deadline(timeout_seconds: float) -> Filter:
    """504 after the timeout. Reads from memory are not timed: they do not wait."""

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            if context.info.verb in _QUICK:
                return await handler(context)
            try:
                async with asyncio.timeout(timeout_seconds):
                    return await handler(context)
            except TimeoutError:
                raise errors.timeout("request did not complete within the allotted timeout") from None

        return handle

    return wrap
