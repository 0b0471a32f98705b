"""GET of a collection with watch=true: events as they happen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Generic

from miniapi import errors
from miniapi.codec.negotiate import check_table
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.listing import field_problem, parse_resource_version, reach
from miniapi.endpoints.parameters import ListOptions, list_options
from miniapi.endpoints.read_ahead import ReadAhead
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.selection import Selection, compile_selection
from miniapi.endpoints.watch_events import HeldEvents, Many, One, WatchEvents, WireEvents
from miniapi.registry.fanout import deleted
from miniapi.storage.interface import Event, Progress, RevisionCompacted, Stored, StoreUnavailable
from miniapi.wire import JSON, Reply

INITIAL_AT_ONCE = 200
"""Objects of a streaming list that are encoded before others have their turn."""
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
    if context.request.handover and negotiated.plain_json:
        held = HeldEvents(scope, negotiated)
        return Reply(200, events=_Watcher(context, scope, options, selection, held, start).run())
    frames = WireEvents(scope, negotiated)
    content_type = negotiated.codec.stream_media_type if negotiated.codec.media_type != JSON else JSON
    stream = _Watcher(context, scope, options, selection, frames, start).run()
    return Reply(200, content_type=content_type, stream=stream, messages=True)


class _Watcher(Generic[One, Many]):
    """One client's watch."""

    def __init__(
        self,
        context: Context,
        scope: Scope,
        options: ListOptions,
        selection: Selection,
        events: WatchEvents[One, Many],
        start: int,
    ) -> None:
        self.namespace, self.start = context.info.namespace, start
        self.scope, self.options, self.selection, self.events = scope, options, selection, events
        seconds = options.timeout_seconds
        if not seconds:
            seconds = int(scope.min_request_timeout_seconds * (1 + random.random()))
        self.seconds = seconds

    async def run(self) -> AsyncIterator[Many]:
        """Events, many together where many happen at once."""
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
                for start in range(0, len(page.items), INITIAL_AT_ONCE):
                    if chunk := self._initial(page.items[start : start + INITIAL_AT_ONCE]):
                        yield chunk
                    await asyncio.sleep(0)
                if self.options.allow_bookmarks:
                    yield self._alone(self.events.bookmark(after, initial_end=True))
            elif not after:
                after = await resource.revision()
            async with resource.watch(self.namespace, after) as stream:
                async for chunk in self._follow(stream, deadline):
                    yield chunk
        except RevisionCompacted as problem:
            yield self._alone(
                self.events.error(errors.expired(f"too old resource version: {after} ({problem.oldest})"))
            )
        except StoreUnavailable as problem:
            yield self._alone(self.events.error(errors.internal(str(problem))))
        except errors.ApiError as problem:
            yield self._alone(self.events.error(problem))

    async def _follow(self, stream: AsyncIterator[Sequence[Event] | Progress], deadline: float) -> AsyncIterator[Many]:
        loop = asyncio.get_running_loop()
        bookmark_at = loop.time() + BOOKMARK_SECONDS if self.options.allow_bookmarks else deadline
        bookmark_due = False
        async with ReadAhead(stream) as ahead:
            while loop.time() < deadline:
                batches = await ahead.take(min(deadline, bookmark_at))
                if batches is None:
                    return
                if chunk := self._chunk(batches):
                    yield chunk
                if bookmark_due and any(isinstance(batch, Progress) for batch in batches):
                    bookmark_due = False
                    last = batches[-1]
                    reached = last.revision if isinstance(last, Progress) else last[-1].revision
                    yield self._alone(self.events.bookmark(reached))
                if loop.time() >= bookmark_at < deadline:
                    bookmark_at = loop.time() + BOOKMARK_SECONDS
                    # The stream itself tells how far it is: what it has yet to bring must not lie behind a bookmark.
                    bookmark_due = True
                    # A store that is away for a moment costs a bookmark, not the watch.
                    with suppress(StoreUnavailable):
                        await self.scope.versioned.resource.hasten(self.namespace)

    def _chunk(self, batches: Sequence[Sequence[Event] | Progress]) -> Many:
        ones: list[One] = []
        for batch in batches:
            if isinstance(batch, Progress):
                continue
            shared = self.events.batch(batch) if self.selection.everything else None
            if shared is not None:
                ones.append(shared)
            else:
                ones += [one for event in batch if (one := self._event(event)) is not None]
        return self.events.join(ones)

    def _initial(self, items: Sequence[Stored]) -> Many:
        return self.events.join([self.events.event("ADDED", s) for s in items if self._matches(s)])

    def _alone(self, event: One) -> Many:
        return self.events.join([event])

    def _matches(self, stored: Stored) -> bool:
        return self.selection.everything or self.selection.matches(self.scope.versioned.attributes(stored))

    def _event(self, event: Event) -> One | None:
        """One change as this client's selectors show it."""
        if self.selection.name and not event.key.endswith("/" + self.selection.name):
            return None
        now, before = event.current, event.previous
        if self.selection.everything:
            is_in, was_in = now is not None, before is not None
        else:
            is_in = now is not None and self._matches(now)
            was_in = before is not None and self._matches(before)
        if is_in and now is not None:
            return self.events.event("MODIFIED" if was_in else "ADDED", now)
        if was_in and before is not None:
            return self.events.event("DELETED", deleted(event, before))
        return None
