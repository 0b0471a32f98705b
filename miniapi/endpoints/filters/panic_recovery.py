"""Turns what is raised below into a Status; the one place that catches everything."""

from __future__ import annotations

import logging
import unicodedata

from miniapi import errors
from miniapi.codec.negotiate import negotiate_error
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.wire import Reply, plain_text

WARNINGS_MAX_CHARS = 4 * 1024
WARNING_CUT_CHARS = 256
log = logging.getLogger("miniapi.request")

PANIC = "This request caused apiserver to panic. Look in the logs for details."


def panic_recovery() -> Filter:
    """ApiErrors become their Status; anything else a 500, with its traceback in the log."""

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            try:
                reply = await handler(context)
            except errors.ApiError as problem:
                reply = _told(context, problem)
            except Exception:
                log.exception("%s %s failed", context.request.method, context.request.path)
                reply = plain_text(500, PANIC)
            if context.warnings:
                reply.headers += [("Warning", f'299 - "{_quoted(w)}"') for w in _told_warnings(context.warnings)]
            return reply

        return handle

    return wrap


def _told(context: Context, problem: errors.ApiError) -> Reply:
    headers = context.request.headers
    accept, user_agent = headers.get("Accept", ""), headers.get("User-Agent", "")
    chosen = negotiate_error(accept, context.info.query, user_agent, cbor=context.cbor)
    return respond.error(problem, chosen)


def _told_warnings(warnings: list[str]) -> list[str]:
    """Those that a header can carry, cut short where they are many (filters/warning.go)."""
    told = [text for text in warnings if not any(unicodedata.category(c) == "Cc" for c in text)]
    if sum(map(len, told)) <= WARNINGS_MAX_CHARS:
        return told
    cut: list[str] = []
    size = 0
    for text in told:
        size += len(text[:WARNING_CUT_CHARS])
        if size > WARNINGS_MAX_CHARS:
            break
        cut.append(text[:WARNING_CUT_CHARS])
    return cut


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
