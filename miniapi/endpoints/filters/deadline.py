"""Ends requests that take too long (apiserver/pkg/endpoints/filters/request_deadline.go, server/filters/timeout.go)."""

from __future__ import annotations

import asyncio
from typing import Final

from miniapi import errors
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.meta.duration import parse_duration
from miniapi.meta.request_info import is_long_running
from miniapi.wire import Reply

_TOLD: Final = "Timeout: request did not complete within the allotted timeout"


def deadline(longest_seconds: float) -> Filter:
    """504 after `longest_seconds`, or after the `timeout` of the query where that is less; 400 where it is none.

    A get is not timed: it reads what is there and waits for nobody. Neither is what runs long by its nature.
    """

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            info = context.info
            if is_long_running(info):
                return await handler(context)
            seconds = longest_seconds
            if info.query:
                asked = _asked(info.query)
                if 0 < asked < seconds:
                    seconds = asked
            if info.verb == "get":
                return await handler(context)
            try:
                async with asyncio.timeout(seconds):
                    return await handler(context)
            except TimeoutError:
                raise errors.timeout(_TOLD) from None

        return handle

    return wrap


def _asked(query: tuple[tuple[str, str], ...]) -> float:
    """The query's `timeout` in seconds, 0 for none."""
    text = next((value for name, value in query if name == "timeout"), "")
    if not text:
        return 0.0
    try:
        return parse_duration(text)
    except ValueError as problem:
        raise errors.bad_request(f"invalid timeout specified in the request URL - {problem}") from None
