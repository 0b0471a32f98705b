"""Shared informers: one list and watch per resource, whatever the number of those who read and listen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from miniapi.client.client import Client
from miniapi.errors import ApiError
from miniapi.meta.objects import Object

log = logging.getLogger("miniapi.informers")

Handler = Callable[[str, Object | None, Object | None], None]
"""(ADDED, MODIFIED or DELETED; old; new). Called in order per object; must not block."""

MAX_BACK_OFF_SECONDS = 30.0


class Informer(Protocol):
    """A read-only view of one resource, kept up to date."""

    def get(self, namespace: str, name: str) -> Object | None: ...

    def list(self, namespace: str = "") -> Sequence[Object]: ...


class SharedInformer:
    """Objects of one resource by namespace and name, from one watch."""

    def __init__(self, client: Client, group: str, version: str, plural: str) -> None:
        self._client = client
        self.group, self.version, self.plural = group, version, plural
        self._objects: dict[str, dict[str, Object]] = {}
        self._handlers: list[Handler] = []
        self.synced = asyncio.Event()
        self.changes = 0
        """Rises with every event: what is derived from the objects is stale when it has moved."""

    def get(self, namespace: str, name: str) -> Object | None:
        """The object, shared: read, never change."""
        return self._objects.get(namespace, {}).get(name)

    def list(self, namespace: str = "") -> list[Object]:
        """All, or a namespace's."""
        if namespace:
            return list(self._objects.get(namespace, {}).values())
        return [o for of_namespace in self._objects.values() for o in of_namespace.values()]

    def add_handler(self, handler: Handler) -> None:
        """Hears of all that is there, then of every change."""
        self._handlers.append(handler)
        for obj in self.list():
            handler("ADDED", None, obj)

    async def run(self) -> None:
        """Lists and watches until cancelled; starts over where the watch cannot go on."""
        pause = 0.05
        version = ""
        while True:
            try:
                if not version:
                    version = await self._relist()
                    pause = 0.05
                version = await self._follow(version)
            except ApiError as problem:
                if problem.code == 410:
                    version = ""
                    continue
                log.warning("informer of %s: %s", self.plural, problem)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_BACK_OFF_SECONDS)
            except OSError as problem:
                log.warning("informer of %s: %s", self.plural, problem)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_BACK_OFF_SECONDS)

    async def _relist(self) -> str:
        answer = await self._client.list(self.group, self.version, self.plural)
        seen: set[tuple[str, str]] = set()
        for obj in answer["items"]:
            meta = obj["metadata"]
            seen.add((meta.get("namespace", ""), meta["name"]))
            self._put(obj)
        for obj in self.list():
            meta = obj["metadata"]
            if (meta.get("namespace", ""), meta["name"]) not in seen:
                self._drop(obj)
        self.synced.set()
        version: str = answer["metadata"]["resourceVersion"]
        return version

    async def _follow(self, version: str) -> str:
        events = self._client.watch(
            self.group, self.version, self.plural, resourceVersion=version, allowWatchBookmarks="true"
        )
        async for event, obj in events:
            if event == "ERROR":
                raise ApiError(obj.get("code", 500), obj.get("reason", ""), obj.get("message", ""))
            version = obj["metadata"]["resourceVersion"]
            if event == "DELETED":
                self._drop(obj)
            elif event != "BOOKMARK":
                self._put(obj)
        return version

    def _put(self, obj: Object) -> None:
        meta = obj["metadata"]
        of_namespace = self._objects.setdefault(meta.get("namespace", ""), {})
        old = of_namespace.get(meta["name"])
        if old is not None and old["metadata"]["resourceVersion"] == meta["resourceVersion"]:
            return
        of_namespace[meta["name"]] = obj
        self.changes += 1
        for handler in self._handlers:
            handler("MODIFIED" if old is not None else "ADDED", old, obj)

    def _drop(self, obj: Object) -> None:
        meta = obj["metadata"]
        old = self._objects.get(meta.get("namespace", ""), {}).pop(meta["name"], None)
        self.changes += 1
        if old is not None:
            for handler in self._handlers:
                handler("DELETED", old, None)


class SharedInformerFactory:
    """Makes informers on demand, one per resource, and runs them in the server's task group."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._informers: dict[tuple[str, str], SharedInformer] = {}
        self._group: asyncio.TaskGroup | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def informer(self, group: str, version: str, plural: str) -> SharedInformer:
        """The resource's informer; it starts at once where the factory runs."""
        key = (group, plural)
        found = self._informers.get(key)
        if found is None:
            found = self._informers[key] = SharedInformer(self._client, group, version, plural)
            if self._group is not None:
                self._tasks.append(self._group.create_task(found.run()))
        return found

    async def start(self, group: asyncio.TaskGroup, tasks: list[asyncio.Task[None]]) -> None:
        """Runs what was asked for so far and waits until all have listed once; the owner cancels `tasks`."""
        self._group, self._tasks = group, tasks
        for informer in list(self._informers.values()):
            tasks.append(group.create_task(informer.run()))
        await self.wait_for_sync()

    async def wait_for_sync(self) -> None:
        """Returns when every informer has listed once."""
        for informer in list(self._informers.values()):
            await informer.synced.wait()

    def synced(self) -> bool:
        """Whether every informer has listed once."""
        return all(i.synced.is_set() for i in self._informers.values())
