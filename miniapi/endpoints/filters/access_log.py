"""Tells of each request once it is over (apiserver/pkg/server/httplog); part of the chain from -v 2 on."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator

from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.wire import Reply

log = logging.getLogger("miniapi.access")


def access_log() -> Filter:
    """One line per request; a watch is told of when it ends."""

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            started = time.perf_counter()
            reply = await handler(context)
            if reply.stream is not None:
                reply.stream = _until_closed(reply.stream, context, reply.status, started)
            else:
                _tell(context, reply.status, started)
            return reply

        return handle

    return wrap


async def _until_closed(
    stream: AsyncIterator[bytes], context: Context, status: int, started: float
) -> AsyncIterator[bytes]:
    try:
        async for chunk in stream:
            yield chunk
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
        _tell(context, status, started)


def _tell(context: Context, status: int, started: float) -> None:
    request = context.request
    told = {
        "verb": context.info.verb.upper(),
        "URI": f"{request.path}?{request.query}" if request.query else request.path,
        "latency": f"{(time.perf_counter() - started) * 1000:.3f}ms",
        "userAgent": request.headers.get("User-Agent", ""),
        "audit-ID": context.audit_id,
        "srcIP": "loopback" if request.peer.loopback else request.peer.address,
        "resp": status,
    }
    log.info("HTTP", extra={"fields": told})
