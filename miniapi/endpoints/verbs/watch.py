"""GET of a collection with watch=true: events as they happen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson

from miniapi import errors
from miniapi.codec.negotiate import Negotiated, check_table
from miniapi.endpoints import respond
from miniapi.endpoints.bookmark import bookmark
from miniapi.endpoints.context import Context
from miniapi.endpoints.listing import field_problem, parse_resource_version, reach
from miniapi.endpoints.parameters import ListOptions, list_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.selection import Selection, compile_selection
from miniapi.registry.fanout import Frames, deleted
from miniapi.storage.interface import Event, Progress, RevisionCompacted, Stored, StoreUnavailable
from miniapi.wire import JSON, PROTOBUF, Reply

BOOKMARK_SECONDS = 60.0

Stream = AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]


async def serve(context: Context, scope: Scope) -> Reply:
    """A stream that starts with what the resource version asks for, and ends with the timeout."""
    negotiated = respond.accepted(context, scope, "watch")
    options = list_options(context.info.query, watch=True)
    selection = compile_selection(scope.kind, options, context.info.name)
    version = options.resource_version
    try:
        start = parse_resource_version(version or "0")
    except ValueError as problem:
        raise errors.server_error(field_problem(version, problem)) from None
    check_table(negotiated)
    watcher = _Watcher(context, scope, options, selection, negotiated, start)
    content_type = negotiated.codec.stream_media_type if negotiated.codec.media_type != JSON else JSON
    return Reply(200, content_type=content_type, stream=watcher.run())


def _frames(scope: Scope, negotiated: Negotiated) -> Frames | None:
    """The frames that watchers share; None where each makes its own (tables, metadata, indented JSON)."""
    if negotiated.plain_json:
        return scope.versioned.frames
    return scope.versioned.messages.frames if negotiated.media_type == PROTOBUF and not negotiated.as_kind else None


class _Watcher:
    """One client's watch."""

    def __init__(
        self,
        context: Context,
        scope: Scope,
        options: ListOptions,
        selection: Selection,
        negotiated: Negotiated,
        start: int,
    ) -> None:
        self.namespace, self.start = context.info.namespace, start
        self.scope, self.options, self.selection, self.negotiated = scope, options, selection, negotiated
        seconds = options.timeout_seconds
        if not seconds:
            seconds = int(scope.min_request_timeout_seconds * (1 + random.random()))
        self.seconds = seconds
        self.frames = _frames(scope, negotiated)
        self.columns_sent = False

    async def run(self) -> AsyncIterator[bytes]:
        """Frames, many to a chunk where many happen at once."""
        replay = self.options.send_initial_events is True
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.seconds
        resource = self.scope.versioned.resource
        after = self.start
        try:
            if replay:
                if after:
                    await reach(self.scope, after)
                page = await resource.scan(self.namespace)
                after = page.revision
                chunk = self._initial(page.items, after, with_end=self.options.allow_bookmarks)
                if chunk:
                    yield chunk
            elif not after:
                after = await resource.revision()
            async with resource.watch(self.namespace, after) as stream:
                async for chunk in self._follow(stream, after, deadline):
                    yield chunk
        except RevisionCompacted as problem:
            yield self._error(errors.expired(f"too old resource version: {after} ({problem.oldest})"))
        except StoreUnavailable as problem:
            yield self._error(errors.internal(str(problem)))
        except errors.ApiError as problem:
            yield self._error(problem)

    async def _follow(
        self, stream: AsyncIterator[Sequence[Event] | Progress], after: int, deadline: float
    ) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        reached = after
        bookmark_at = loop.time() + BOOKMARK_SECONDS
        pending: asyncio.Future[Any] | None = None
        try:
            while True:
                now = loop.time()
                if now >= deadline:
                    return
                if pending is None:
                    pending = asyncio.ensure_future(anext(stream, None))
                until = min(deadline, bookmark_at) if self.options.allow_bookmarks else deadline
                done, _ = await asyncio.wait((pending,), timeout=max(0.0, until - now))
                if done:
                    batch, pending = pending.result(), None
                    if batch is None:
                        return
                    if isinstance(batch, Progress):
                        reached = max(reached, batch.revision)
                        continue
                    if self.frames is not None and self.selection.everything:
                        chunk = self.frames.batch(batch)
                    else:
                        chunk = b"".join([f for e in batch if (f := self._event(e))])
                    reached = max(reached, batch[-1].revision)
                    if chunk:
                        yield chunk
                elif self.options.allow_bookmarks and loop.time() >= bookmark_at:
                    bookmark_at = loop.time() + BOOKMARK_SECONDS
                    reached = max(reached, await self.scope.versioned.resource.revision())
                    yield self._bookmark(reached)
        finally:
            if pending is not None:
                pending.cancel()

    def _initial(self, items: Sequence[Stored], revision: int, *, with_end: bool) -> bytes:
        frames = [self._frame("ADDED", s) for s in items if self._matches(s)]
        if with_end:
            frames.append(self._bookmark(revision, initial_end=True))
        return b"".join(frames)

    def _matches(self, stored: Stored) -> bool:
        return self.selection.everything or self.selection.matches(self.scope.versioned.object(stored))

    def _event(self, event: Event) -> bytes:
        """One change as this client's selectors show it."""
        if self.selection.name and not event.key.endswith("/" + self.selection.name):
            return b""
        now, before = event.current, event.previous
        if self.selection.everything:
            is_in, was_in = now is not None, before is not None
        else:
            is_in = now is not None and self._matches(now)
            was_in = before is not None and self._matches(before)
        if is_in and now is not None:
            return self._frame("MODIFIED" if was_in else "ADDED", now)
        if was_in and before is not None:
            return self._frame("DELETED", deleted(event, before))
        return b""

    def _frame(self, event_type: str, stored: Stored) -> bytes:
        if self.frames is not None:
            return self.frames.frame(event_type, stored)
        obj = self.scope.versioned.object(stored)
        if self.negotiated.as_kind == "Table":
            chosen = self.negotiated
            obj = self.scope.printer.table([obj], obj["metadata"], chosen.as_version, chosen.include_object)
            if self.columns_sent:
                obj["columnDefinitions"] = None
            self.columns_sent = True
        elif self.negotiated.as_kind:
            obj = respond.partial(obj, self.negotiated.as_version)
        return self._encode(event_type, obj)

    def _encode(self, event_type: str, obj: dict[str, Any]) -> bytes:
        if self.negotiated.codec.media_type == JSON:
            return b'{"type":"%b","object":%b}\n' % (event_type.encode(), orjson.dumps(obj))
        return self.negotiated.codec.frame(event_type, self.negotiated.codec.encode(obj))

    def _bookmark(self, revision: int, *, initial_end: bool = False) -> bytes:
        obj = bookmark(self.scope, revision, self.negotiated, initial_end=initial_end)
        return self._encode("BOOKMARK", obj)

    def _error(self, problem: errors.ApiError) -> bytes:
        return self._encode("ERROR", problem.status())
