"""Tells the audit log of requests as they go by (apiserver/pkg/endpoints/filters/{audit,audit_init,authn_audit}.go)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import orjson

from miniapi import errors
from miniapi.audit.event import Record, status_of, without_managed_fields
from miniapi.audit.interface import PANIC, REQUEST_RECEIVED, RESPONSE_COMPLETE, RESPONSE_STARTED, Level, Sink
from miniapi.audit.policy import Policy, Verdict
from miniapi.clock import Clock
from miniapi.codec.builtin import codec_for
from miniapi.codec.interface import DecodeError
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.meta.request_info import is_long_running
from miniapi.meta.uid import random_uid
from miniapi.wire import JSON, PROTOBUF, YAML, Reply

AUDIT_ID = "Audit-Id"


def audit_start() -> Filter:
    """Gives each request its id, the caller's own where it sends one, and tells it in the answer."""

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            context.audit_id = context.request.headers.get(AUDIT_ID) or random_uid()
            reply = await handler(context)
            reply.headers.append((AUDIT_ID, context.audit_id))
            return reply

        return handle

    return wrap


def audit(sink: Sink, policy: Policy, clock: Clock) -> Filter:
    """One event per stage of each request that the policy tells of."""

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            verdict = policy.verdict(context.user, context.info)
            if verdict.level == Level.NONE:
                return await handler(context)
            return await _Audited(sink, verdict, clock, context).run(handler)

        return handle

    return wrap


def failed_authentication(sink: Sink, policy: Policy, clock: Clock) -> Callable[[Context], Awaitable[None]]:
    """Tells of a request that ends with 401; for the authentication filter."""

    async def tell(context: Context) -> None:
        verdict = policy.verdict(None, context.info)
        if verdict.level == Level.NONE or RESPONSE_STARTED in verdict.omit_stages:
            return
        record = _record(context, verdict)
        record.status = {
            "status": "Failure",
            "message": _attempted(context),
            "reason": "Unauthorized",
            "code": 401,
        }
        await sink.process(record.event(RESPONSE_STARTED, clock()))

    return tell


def _attempted(context: Context) -> str:
    methods = []
    header: str = context.request.headers.get("Authorization", "")
    if header.lower().startswith("basic "):
        methods.append("basic")
    if header.lower().startswith("bearer "):
        methods.append("bearer")
    if context.request.peer.certificate is not None:
        methods.append("x509")
    if not methods:
        return "Authentication failed, no credentials provided"
    return f"Authentication failed, attempted: {', '.join(methods)}"


def _record(context: Context, verdict: Verdict) -> Record:
    request = context.request
    uri = quote(request.path, safe="/:@!$&'()*+,;=~-._") + (f"?{request.query}" if request.query else "")
    user = context.impersonator or context.user
    return Record(verdict.level, context.audit_id, request, uri, context.info, user, context.received)


class _Audited:
    """One audited request."""

    def __init__(self, sink: Sink, verdict: Verdict, clock: Clock, context: Context) -> None:
        self._sink, self._verdict, self._clock, self._context = sink, verdict, clock, context
        self._record = _record(context, verdict)
        self._body = b""
        self._long_running = is_long_running(context.info)
        context.audited = True

    async def run(self, handler: Handler) -> Reply:
        """The handler's answer, or what it raises, told on the way."""
        if not await self._tell(REQUEST_RECEIVED):
            raise errors.internal("failed to store audit event")
        self._keep_body()
        try:
            reply = await handler(self._context)
        except errors.ApiError as problem:
            await self._answered(problem.code, problem.status())
            await self._end()
            raise
        except BaseException as problem:
            message = f"APIServer panic'd: {problem}"
            self._record.status = {"status": "Failure", "message": message, "reason": "InternalError", "code": 500}
            await self._tell(PANIC)
            raise
        if reply.stream is not None:
            await self._answered(reply.status, None)
            reply.stream = self._until_closed(reply.stream)
            return reply
        await self._answered(reply.status, self._answer(reply))
        await self._end()
        return reply

    def _keep_body(self) -> None:
        read = self._context.request.read

        async def keeping(limit: int) -> bytes:
            self._body = await read(limit)
            return self._body

        self._context.request.read = keeping

    async def _answered(self, code: int, answer: Mapping[str, Any] | None) -> None:
        """The answer is known: a long-running request is told of now, any other only when it is over."""
        record, context = self._record, self._context
        record.status = status_of(code, answer)
        record.response_object = self._cleaned(answer)
        record.request_object = self._cleaned(self._brought())
        if context.info.verb in ("create", "update") and isinstance(record.request_object, dict):
            record.named = record.request_object.get("metadata") or {}
        record.annotations = context.audit_annotations
        if context.impersonator is not None:
            record.impersonated = context.user
            record.constraint = context.impersonation_constraint
        if self._long_running:
            await self._tell(RESPONSE_STARTED)

    async def _end(self) -> None:
        await self._tell(RESPONSE_COMPLETE)

    async def _until_closed(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for chunk in stream:
                yield chunk
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
            await self._end()

    async def _tell(self, stage: str) -> bool:
        if stage in self._verdict.omit_stages:
            return True
        at = self._context.received if stage == REQUEST_RECEIVED else self._clock()
        return await self._sink.process(self._record.event(stage, at))

    def _brought(self) -> Any:
        """The request's object, as its body says."""
        return _decoded(self._context.request.headers.get("Content-Type") or JSON, self._body)

    def _answer(self, reply: Reply) -> Any:
        is_status = reply.status >= 400 or reply.body.startswith(b'{"kind":"Status"')
        wanted = is_status or self._verdict.level == Level.REQUEST_RESPONSE
        return _decoded(reply.content_type, reply.body) if wanted else None

    def _cleaned(self, obj: Any) -> Any:
        return without_managed_fields(obj) if self._verdict.omit_managed_fields else obj


def _decoded(content_type: str, data: bytes) -> Any:
    """The object in a body; None where it is none, or none that can be read."""
    media_type = content_type.partition(";")[0].strip().lower()
    if not data:
        return None
    try:
        if media_type.endswith("json"):
            return orjson.loads(data)
        if media_type in (YAML, PROTOBUF):
            return codec_for(media_type).decode(data, None).obj
    except (orjson.JSONDecodeError, DecodeError):
        return None  # the answer says what is wrong with the body
    return None
