"""Ends requests that take too long (apiserver/pkg/endpoints/filters/request_deadline.go, server/filters/timeout.go)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

from miniapi import errors
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.meta.duration import parse_duration
from miniapi.meta.request_info import is_long_running
from miniapi.wire import Reply

_TOLD: Final = (
    b'{"metadata":{},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout",'
    b'"reason":"Timeout","details":{},"code":504}\n'
)
"""The filter writes a status by itself, whatever the client accepts: without its type, and called text."""
LOOK_SECONDS: Final = 0.5
"""How late the common bound may be."""


def deadline(longest_seconds: float) -> Filter:
    """504 after `longest_seconds`, or after the `timeout` of the query where that is less; 400 where it is none.

    A get that asks for no less is not timed: it reads what is there. Neither is what runs long by its nature.
    """
    longest = _Longest(longest_seconds)

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            info = context.info
            if is_long_running(info):
                return await handler(context)
            asked = _asked(info.query) if info.query else 0.0
            if info.verb == "get" and not asked:
                return await handler(context)
            try:
                if 0 < asked < longest_seconds:
                    async with asyncio.timeout(asked):
                        return await handler(context)
                return await longest.bound(handler(context))
            except TimeoutError:
                return Reply(504, _TOLD, "text/plain; charset=utf-8")

        return handle

    return wrap


class _Longest:
    """The bound that all requests share, kept by one look now and then: a timer of each one's own costs more."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._every = min(LOOK_SECONDS, seconds / 10)
        self._running: dict[int, tuple[asyncio.Task[object], float]] = {}
        """In the order in which they are due."""
        self._number = 0
        self._overdue: set[int] = set()
        self._looking = False

    async def bound(self, reply: Awaitable[Reply]) -> Reply:
        """The reply; TimeoutError where it takes too long."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._number = number = self._number + 1
        self._running[number] = (task, loop.time() + self._seconds)
        if not self._looking:
            self._looking = True
            loop.call_later(self._every, self._look, loop)
        try:
            return await reply
        except asyncio.CancelledError:
            if number in self._overdue and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._running.pop(number, None)
            self._overdue.discard(number)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for number, (task, due) in list(self._running.items()):
            if due > now:
                break
            del self._running[number]
            self._overdue.add(number)
            task.cancel()
        self._looking = bool(self._running)
        if self._looking:
            loop.call_later(self._every, self._look, loop)


def _asked(query: tuple[tuple[str, str], ...]) -> float:
    """The query's `timeout` in seconds, 0 for none."""
    text = next((value for name, value in query if name == "timeout"), "")
    if not text:
        return 0.0
    try:
        return parse_duration(text)
    except ValueError as problem:
        raise errors.bad_request(f"invalid timeout specified in the request URL - {problem}") from None
