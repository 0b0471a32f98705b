"""Bounds how many requests run at once (--max-requests-inflight, --max-mutating-requests-inflight)."""

from __future__ import annotations

from miniapi import errors
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.meta.user import MASTERS_GROUP
from miniapi.wire import Reply

_READS = frozenset({"get", "list"})
_LONG = frozenset({"watch", "proxy"})


def in_flight(max_reads: int, max_writes: int) -> Filter:
    """429 above the bounds; watches and masters do not count. 0: no bound."""

    def wrap(handler: Handler) -> Handler:
        running = [0, 0]
        bounds = (max_reads, max_writes)

        async def handle(context: Context) -> Reply:
            verb = context.info.verb
            user = context.user
            if verb in _LONG or (user is not None and MASTERS_GROUP in user.groups):
                return await handler(context)
            which = 0 if verb in _READS else 1
            if bounds[which] and running[which] >= bounds[which]:
                raise errors.too_many_requests("Too many requests, please try again later.", 1)
            running[which] += 1
            try:
                return await handler(context)
            finally:
                running[which] -= 1

        return handle

    return wrap
