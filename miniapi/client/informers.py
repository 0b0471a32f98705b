"""Shared informers: one list and watch per collection, whatever the number of those who read and listen.

Inside the server they feed RBAC, admission and the built-in controllers; outside it, whoever builds a
controller in Python::

    async with Clientset(from_kubeconfig()) as clients, SharedInformerFactory(clients.client) as informers:
        pods = informers.informer("", "v1", "pods")
        pods.add_async_handler(reconcile)
        await informers.wait_for_sync()
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Protocol

from miniapi.client.cache import Cache, IndexFunction, Key
from miniapi.client.client import Client
from miniapi.client.listener import (
    AsyncHandler,
    Change,
    Concerns,
    DirectListener,
    Handler,
    Listener,
    QueuedListener,
    Tombstone,
)
from miniapi.client.reflector import Collection, Reflector
from miniapi.meta.objects import Object
from miniapi.wire import Held, HeldObject

RESYNC_SECONDS = 600.0
"""How often handlers are told of everything again unless they ask for another period; 0 turns it off."""

Transform = Callable[[Object], Object]
"""Drops what nobody needs before an object is kept; may change it in place."""


class Informer(Protocol):
    """A read-only view of one resource, kept up to date."""

    def get(self, namespace: str, name: str) -> Object | None: ...

    def list(self, namespace: str = "") -> Sequence[Object]: ...


class SharedInformer:
    """Objects of one collection by namespace and name, from one watch."""

    def __init__(self, client: Client, collection: Collection, resync_seconds: float = RESYNC_SECONDS) -> None:
        self.collection = collection
        self._cache = Cache()
        self._reflector = Reflector(client, collection, self)
        self._listeners: list[Listener] = []
        self._resync_seconds = resync_seconds
        self._resync_wake = asyncio.Event()
        self._transform: Transform | None = None
        self.synced = asyncio.Event()
        self.changes = 0
        """Rises with every event: what is derived from the objects is stale when it has moved."""

    def get(self, namespace: str, name: str) -> Object | None:
        """The object, shared: read, never change."""
        held = self._cache.get((namespace, name))
        return held.object() if held is not None else None

    def list(self, namespace: str = "") -> list[Object]:
        """All, or a namespace's."""
        return [h.object() for h in (self._cache.of_namespace(namespace) if namespace else self._cache)]

    def is_empty(self, namespace: str) -> bool:
        """Whether there is none in a namespace."""
        return self._cache.is_empty(namespace)

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Finds objects by what the function says of them (`cache.by_owner`, `cache.by_namespace`, one's own)."""
        self._cache.add_index(name, function)

    def by_index(self, name: str, value: str) -> Sequence[Object]:
        """The objects for which the index's function gave the value."""
        return [h.object() for h in self._cache.by_index(name, value)]

    def set_transform(self, transform: Transform) -> None:
        """Changes objects before they are kept. RuntimeError once the informer has listed."""
        if self.synced.is_set():
            raise RuntimeError("the informer has started; set its transform before")
        self._transform = transform

    def has_synced(self) -> bool:
        """Whether the first list is in, and every handler was told of it or has it in its queue."""
        return self.synced.is_set()

    def add_handler(
        self, handler: Handler, resync_seconds: float | None = None, concerns: Concerns | None = None
    ) -> Listener:
        """Hears of all that is there, then of every change that concerns it; a plain function that does not wait."""
        return self._listen(DirectListener(handler, self._period(resync_seconds), concerns))

    def add_async_handler(self, handler: AsyncHandler, resync_seconds: float | None = None) -> Listener:
        """The same for a coroutine function: it may take its time, nobody else waits for it."""
        return self._listen(QueuedListener(handler, self._period(resync_seconds)))

    def remove_handler(self, listener: Listener) -> None:
        """Ends what `add_handler` or `add_async_handler` began."""
        self._listeners.remove(listener)
        listener.close()

    async def run(self) -> None:
        """Follows the collection until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._resync())
            try:
                await self._reflector.run()
            finally:
                for listener in self._listeners:
                    listener.close()

    def replace(self, held: Sequence[Held]) -> None:
        """The reflector's list: what is new, what has changed, and what is gone without having been seen to go."""
        seen: set[Key] = set()
        for h in held:
            seen.add(h.key)
            self._put(h)
        for old in self._cache:
            if old.key not in seen:
                self._cache.drop(old.key)
                self._tell(Change("DELETED", old.key, HeldObject(Tombstone(old.object())), None))
        self.synced.set()

    def changed(self, event: str, held: Held) -> None:
        """The reflector's watch."""
        if event != "DELETED":
            self._put(held)
            return
        self._cache.drop(held.key)
        self._tell(Change("DELETED", held.key, self._kept(held), None))

    def _put(self, held: Held) -> None:
        old = self._cache.get(held.key)
        if old is not None and old.resource_version == held.resource_version:
            return
        held = self._kept(held)
        self._cache.put(held)
        event = "MODIFIED" if old is not None else "ADDED"
        if self._listeners:
            self._tell(Change(event, held.key, old, held))
        else:
            self.changes += 1

    def _kept(self, held: Held) -> Held:
        return HeldObject(self._transform(held.object())) if self._transform is not None else held

    def _tell(self, change: Change) -> None:
        self.changes += 1
        for listener in self._listeners:
            listener.tell(change)

    def _listen(self, listener: Listener) -> Listener:
        self._listeners.append(listener)
        for held in self._cache:
            listener.tell(Change("ADDED", held.key, None, held))
        if listener.resync_seconds:
            listener.resync_at = asyncio.get_running_loop().time() + listener.resync_seconds
            self._resync_wake.set()
        return listener

    def _period(self, asked: float | None) -> float:
        return self._resync_seconds if asked is None else asked

    async def _resync(self) -> None:
        """Tells each handler of everything again when its period is over."""
        loop = asyncio.get_running_loop()
        while True:
            due = [li.resync_at for li in self._listeners if li.resync_seconds]
            wait = min(due) - loop.time() if due else None
            try:
                async with asyncio.timeout(wait):
                    await self._resync_wake.wait()
                self._resync_wake.clear()
            except TimeoutError:
                for listener in self._listeners:
                    if listener.resync_seconds and listener.resync_at <= loop.time():
                        listener.resync_at = loop.time() + listener.resync_seconds
                        for held in self._cache:
                            listener.tell(Change("MODIFIED", held.key, held, held))


class SharedInformerFactory:
    """Makes informers on demand, one per collection, and runs them."""

    def __init__(self, client: Client, resync_seconds: float = RESYNC_SECONDS) -> None:
        self._client, self._resync_seconds = client, resync_seconds
        self._informers: dict[tuple[str, ...], SharedInformer] = {}
        self._group: asyncio.TaskGroup | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def informer(
        self, group: str, version: str, plural: str, namespace: str = "", selectors: Mapping[str, str] | None = None
    ) -> SharedInformer:
        """The collection's informer, the same for all who ask; it starts at once where the factory runs."""
        chosen = selectors or {}
        key = (group, plural, namespace, *(f"{k}={v}" for k, v in sorted(chosen.items())))
        found = self._informers.get(key)
        if found is None:
            collection = Collection(group, version, plural, namespace, dict(chosen))
            found = self._informers[key] = SharedInformer(self._client, collection, self._resync_seconds)
            if self._group is not None:
                self._tasks.append(self._group.create_task(found.run()))
        return found

    async def start(self, group: asyncio.TaskGroup, tasks: list[asyncio.Task[None]]) -> None:
        """Runs what was asked for so far and waits until all have listed once; the owner cancels `tasks`."""
        self._run_in(group, tasks)
        await self.wait_for_sync()

    async def wait_for_sync(self) -> None:
        """Returns when every informer has listed once."""
        for informer in list(self._informers.values()):
            await informer.synced.wait()

    def synced(self) -> bool:
        """Whether every informer has listed once."""
        return all(i.synced.is_set() for i in self._informers.values())

    def _run_in(self, group: asyncio.TaskGroup, tasks: list[asyncio.Task[None]]) -> None:
        self._group, self._tasks = group, tasks
        for informer in list(self._informers.values()):
            tasks.append(group.create_task(informer.run()))

    async def __aenter__(self) -> SharedInformerFactory:
        group = asyncio.TaskGroup()
        await group.__aenter__()
        self._run_in(group, [])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        group, self._group = self._group, None
        for task in self._tasks:
            task.cancel()
        if group is not None:
            await group.__aexit__(kind, problem, trace)
