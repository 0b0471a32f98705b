"""Lets browsers call from the origins named by --cors-allowed-origins (apiserver/pkg/server/filters/cors.go)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.wire import Reply

_ALWAYS: Final = (
    ("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE, PATCH"),
    (
        "Access-Control-Allow-Headers",
        "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, "
        "If-Modified-Since",
    ),
    ("Access-Control-Expose-Headers", "Date"),
    ("Access-Control-Allow-Credentials", "true"),
)


def cors(allowed_origins: Sequence[str]) -> Filter:
    """Each is a regular expression that is searched for in the Origin header. Answers preflight requests itself."""
    patterns = [re.compile(p) for p in allowed_origins]

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            origin = context.request.headers.get("Origin", "")
            if not origin or not any(p.search(origin) for p in patterns):
                return await handler(context)
            headers = (("Access-Control-Allow-Origin", origin), *_ALWAYS)
            if context.request.method == "OPTIONS":
                return Reply(204, b"", "", list(headers))
            context.headers += headers
            return await handler(context)

        return handle

    return wrap
