"""GET of a collection with watch=true: events as they happen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson

from miniapi import errors
from miniapi.codec.negotiate import Negotiated, negotiate
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import ListOptions, list_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.selection import Selection, compile_selection
from miniapi.registry.fanout import Frames, deleted
from miniapi.storage.interface import Event, Progress, RevisionCompacted, Stored, StoreUnavailable
from miniapi.wire import JSON, PROTOBUF, Reply

BOOKMARK_SECONDS = 60.0
INITIAL_END = "k8s.io/initial-events-end"

Stream = AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]


async def serve(context: Context, scope: Scope) -> Reply:
    """A stream that starts with what the resource version asks for, and ends with the timeout."""
    options = list_options(context.info.query, watch=True)
    negotiated = negotiate(
        context.request.headers.get("Accept", ""), context.info.query, protobuf=scope.protobuf, watching=True
    )
    selection = compile_selection(scope.kind, options)
    version = options.resource_version
    if version and not version.isdigit():
        raise errors.server_error(
            f'resourceVersion: Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax'
        )
    watcher = _Watcher(context, scope, options, selection, negotiated)
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
        self, context: Context, scope: Scope, options: ListOptions, selection: Selection, negotiated: Negotiated
    ) -> None:
        self.namespace = context.info.namespace
        self.scope, self.options, self.selection, self.negotiated = scope, options, selection, negotiated
        seconds = options.timeout_seconds
        if not seconds:
            seconds = int(scope.min_request_timeout_seconds * (1 + random.random()))
        self.seconds = seconds
        self.frames = _frames(scope, negotiated)
        self.columns_sent = False

    async def run(self) -> AsyncIterator[bytes]:
        """Frames, many to a chunk where many happen at once."""
        start = self.options.resource_version
        initial = self.options.send_initial_events
        replay = initial is True or (initial is None and start in ("", "0"))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.seconds
        resource = self.scope.versioned.resource
        after = int(start or 0)
        try:
            if replay:
                if after:
                    await self._reach(after, deadline)
                page = await resource.scan(self.namespace)
                after = page.revision
                chunk = self._initial(page.items, after, with_end=initial is True and self.options.allow_bookmarks)
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

    async def _reach(self, revision: int, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        while await self.scope.versioned.resource.revision() < revision and loop.time() < deadline:
            await asyncio.sleep(0.05)

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
                    yield self._bookmark(reached, {})
        finally:
            if pending is not None:
                pending.cancel()

    def _initial(self, items: Sequence[Stored], revision: int, *, with_end: bool) -> bytes:
        frames = [self._frame("ADDED", s) for s in items if self._matches(s)]
        if with_end:
            frames.append(self._bookmark(revision, {INITIAL_END: "true"}))
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

    def _bookmark(self, revision: int, annotations: dict[str, str]) -> bytes:
        meta: dict[str, Any] = {"resourceVersion": str(revision)}
        if not self.scope.kind.custom:
            meta["creationTimestamp"] = None
        if annotations:
            meta["annotations"] = annotations
        obj: dict[str, Any] = {"kind": self.scope.gvk.kind, "apiVersion": self.scope.gvk.api_version, "metadata": meta}
        if not self.scope.kind.custom:
            meta.pop("creationTimestamp")
            empty, _ = self.scope.convert(obj)
            obj = empty
            obj["metadata"]["resourceVersion"] = str(revision)
        if self.negotiated.as_kind == "Table":
            obj = self.scope.printer.table([], meta, self.negotiated.as_version)
            obj["rows"] = [{"cells": [], "object": respond.partial({"metadata": meta}, self.negotiated.as_version)}]
        elif self.negotiated.as_kind:
            obj = respond.partial({"metadata": meta}, self.negotiated.as_version)
        return self._encode("BOOKMARK", obj)

    def _error(self, problem: errors.ApiError) -> bytes:
        return self._encode("ERROR", problem.status())
