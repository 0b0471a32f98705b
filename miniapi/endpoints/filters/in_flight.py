"""Bounds how many requests run at once (apiserver/pkg/server/filters/maxinflight.go)."""

from __future__ import annotations

from typing import Final

from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.meta.request_info import is_long_running
from miniapi.meta.user import MASTERS_GROUP
from miniapi.wire import Reply, plain_text

_READS: Final = frozenset({"get", "list"})
RETRY_AFTER_SECONDS: Final = 1


class InFlight:
    """How many requests run, those that run long by their nature not counted."""

    def __init__(self, max_reads: int, max_writes: int) -> None:
        """0 stands for no bound."""
        self._max_reads, self._max_writes = max_reads, max_writes
        self.reads = 0
        self.writes = 0

    def filter(self) -> Filter:
        """429 above the bounds. Masters are always let through: somebody must be able to see what is wrong."""

        def wrap(handler: Handler) -> Handler:
            async def handle(context: Context) -> Reply:
                info = context.info
                if info.verb in _READS:
                    if is_long_running(info):
                        return await handler(context)
                    if self.reads >= self._max_reads > 0 and not _is_master(context):
                        return _too_many()
                    self.reads += 1
                    try:
                        return await handler(context)
                    finally:
                        self.reads -= 1
                if is_long_running(info):
                    return await handler(context)
                if self.writes >= self._max_writes > 0 and not _is_master(context):
                    return _too_many()
                self.writes += 1
                try:
                    return await handler(context)
                finally:
                    self.writes -= 1

            return handle

        return wrap


def _is_master(context: Context) -> bool:
    return context.user is not None and MASTERS_GROUP in context.user.groups


def _too_many() -> Reply:
    reply = plain_text(429, "Too many requests, please try again later.")
    reply.headers.append(("Retry-After", str(RETRY_AFTER_SECONDS)))
    return reply
