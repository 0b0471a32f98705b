"""Follows one collection: a list, then a watch, for as long as it runs (client-go's Reflector)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from miniapi.client.client import Client
from miniapi.errors import ApiError
from miniapi.meta.objects import Object
from miniapi.wire import Held, HeldObject

log = logging.getLogger("miniapi.informers")

FIRST_BACK_OFF_SECONDS = 0.05
MAX_BACK_OFF_SECONDS = 30.0
SHORTEST_WATCH_SECONDS = 300
"""A watch is asked to last between this and twice this, so that many do not end at once."""
INITIAL_END = "k8s.io/initial-events-end"


class Sink(Protocol):
    """Where what is seen goes."""

    def replace(self, held: Sequence[Held]) -> None:
        """All that there is now."""
        ...

    def changed(self, event: str, held: Held) -> None:
        """ADDED, MODIFIED or DELETED."""
        ...


@dataclass(frozen=True, slots=True)
class Collection:
    """What is followed."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    selectors: Mapping[str, str] = field(default_factory=dict)
    """labelSelector and fieldSelector."""

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


class _Expired(Exception):
    """The watch cannot go on from where it was."""


class Reflector:
    """Streams the first list where the server can, pages it otherwise; resumes where it stopped."""

    def __init__(self, client: Client, collection: Collection, sink: Sink) -> None:
        self._client, self._collection, self._sink = client, collection, sink
        self._streams_lists = True
        self._version = ""

    async def run(self) -> None:
        """Until cancelled."""
        pause = FIRST_BACK_OFF_SECONDS
        while True:
            try:
                if not self._version:
                    await self._start()
                await self._follow()
                pause = FIRST_BACK_OFF_SECONDS
            except _Expired:
                self._version = ""
            except (ApiError, OSError) as problem:
                log.warning("%s cannot be followed: %s", self._collection, problem)
                await asyncio.sleep(pause * (0.5 + random.random()))
                pause = min(pause * 2, MAX_BACK_OFF_SECONDS)

    async def _start(self) -> None:
        """Everything that there is; leaves the version to watch from, or none where a streamed list was cut short."""
        if self._streams_lists:
            try:
                await self._streamed()
            except ApiError as problem:
                if problem.code not in (400, 403, 422):
                    raise
                # A server before 1.32, or one with the feature WatchList off.
                self._streams_lists = False
            else:
                return
        await self._listed()

    async def _streamed(self) -> None:
        query = {
            "sendInitialEvents": "true",
            "resourceVersionMatch": "NotOlderThan",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": _seconds(),
        }
        found: list[Held] = []
        # One stream serves for the list and for what follows it.
        async for event, held in self._watch(query):
            if self._version:
                self._seen(event, held)
            elif event == "BOOKMARK" and INITIAL_END in (held.object()["metadata"].get("annotations") or {}):
                self._sink.replace(found)
                self._version = held.resource_version
            elif event == "ERROR":
                raise _told(held.object())
            elif event == "ADDED":
                found.append(held)

    async def _listed(self) -> None:
        c = self._collection
        query: dict[str, str] = {**c.selectors, "limit": "500"}
        found: list[Held] = []
        while True:
            try:
                page = await self._client.list(c.group, c.version, c.plural, c.namespace, **query)
            except ApiError as problem:
                if problem.code == 410:
                    raise _Expired from None
                raise
            found += [HeldObject(item) for item in page["items"]]
            token = page["metadata"].get("continue", "")
            if not token:
                break
            query["continue"] = token
        self._sink.replace(found)
        self._version = page["metadata"]["resourceVersion"]

    async def _follow(self) -> None:
        """Changes from where we are until the server ends the watch."""
        if not self._version:
            return
        query = {"resourceVersion": self._version, "allowWatchBookmarks": "true", "timeoutSeconds": _seconds()}
        async for event, held in self._watch(query):
            self._seen(event, held)

    def _watch(self, query: Mapping[str, str]) -> AsyncIterator[tuple[str, Held]]:
        c = self._collection
        return self._client.follow(c.group, c.version, c.plural, c.namespace, **c.selectors, **query)

    def _seen(self, event: str, held: Held) -> None:
        if event == "ERROR":
            problem = _told(held.object())
            if problem.code == 410:
                raise _Expired
            raise problem
        self._version = held.resource_version
        if event != "BOOKMARK":
            self._sink.changed(event, held)


def _seconds() -> str:
    return str(int(SHORTEST_WATCH_SECONDS * (1 + random.random())))


def _told(status: Object) -> ApiError:
    return ApiError(status.get("code", 500), status.get("reason", ""), status.get("message", ""))
