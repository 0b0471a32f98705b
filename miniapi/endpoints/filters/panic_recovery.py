"""Turns what is raised below into a Status; the one place that catches everything."""

from __future__ import annotations

import logging

from miniapi import errors
from miniapi.codec.negotiate import negotiate_error
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.wire import Reply, plain_text

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
                for text in context.warnings:
                    reply.headers.append(("Warning", f'299 - "{_quoted(text)}"'))
            return reply

        return handle

    return wrap


def _told(context: Context, problem: errors.ApiError) -> Reply:
    headers = context.request.headers
    chosen = negotiate_error(headers.get("Accept", ""), context.info.query, headers.get("User-Agent", ""))
    return respond.error(problem, chosen)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
