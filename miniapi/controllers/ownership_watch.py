"""Follows one collection for what concerns owners, and decodes nothing else.

Most objects have no owner and are not being deleted: they are told from the others by their bytes, so that following
every kind costs writers next to nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable

from miniapi.client.client import Client
from miniapi.controllers.ownership import Place
from miniapi.errors import ApiError
from miniapi.meta.objects import Object

log = logging.getLogger("miniapi.controllers")

PAUSE_SECONDS = 1.0
SHORTEST_WATCH_SECONDS = 300
INITIAL_END = "k8s.io/initial-events-end"
_CHANGES = frozenset({"ADDED", "MODIFIED"})
_MATTERS = (b'"ownerReferences":', b'"deletionTimestamp":')


class OwnershipWatch:
    """Tells of objects with owners or marked for deletion, and of all that go.

    `tell` hears (ADDED, MODIFIED or DELETED, object); `synced` the uids of a list, when it is complete.
    """

    def __init__(
        self, client: Client, place: Place, tell: Callable[[str, Object], None], synced: Callable[[set[str]], None]
    ) -> None:
        self._client, self._place, self._tell, self._synced = client, place, tell, synced
        self._version = ""
        self._listed: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async for event, obj in self._followed():
                    self._seen(event, obj)
            except (ApiError, OSError) as problem:
                if isinstance(problem, ApiError) and problem.code == 410:
                    self._version = ""
                    continue
                log.warning("the owners of %s cannot be followed: %s", self._place.plural, problem)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _followed(self) -> AsyncIterator[tuple[str, Object]]:
        seconds = int(SHORTEST_WATCH_SECONDS * (1 + random.random()))
        query = {"allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        if self._version:
            query["resourceVersion"] = self._version
        else:
            self._listed = set()
            query |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        place = self._place
        async for event, held in self._client.follow(place.group, place.version, place.plural, **query):
            if event not in _CHANGES or held.may_have(_MATTERS):
                yield event, held.object()

    def _seen(self, event: str, obj: Object) -> None:
        if event == "ERROR":
            raise ApiError(obj.get("code", 500), obj.get("reason", ""), obj.get("message", ""))
        meta = obj["metadata"]
        if event == "BOOKMARK":
            if INITIAL_END in (meta.get("annotations") or {}):
                self._synced(self._listed)
            self._version = meta["resourceVersion"]
            return
        if not self._version:
            self._listed.add(meta["uid"])
        self._tell(event, obj)
