"""Headers that every answer carries (apiserver/pkg/endpoints/filters/cachecontrol.go, server/filters/hsts.go)."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.wire import Reply

_CACHE_CONTROL = ("Cache-Control", "no-cache, private")


def response_headers(hsts_directives: Sequence[str]) -> Filter:
    """No answer may be kept by caches unless it says otherwise; what filters left for the answer is added."""
    always = [("Strict-Transport-Security", "; ".join(hsts_directives))] if hsts_directives else []

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            reply = await handler(context)
            headers = reply.headers
            if not headers or not any(name == "Cache-Control" for name, _ in headers):
                headers.append(_CACHE_CONTROL)
            headers += always
            if context.headers:
                headers += context.headers
            return reply

        return handle

    return wrap
