"""Deletes what belongs to what is gone (pkg/controller/garbagecollector): background, foreground and orphaning.

Every kind is followed, custom ones too, since any object may own any other. The graph may lag behind: before anything
is deleted or released its owners are read again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from miniapi.client.client import Client
from miniapi.client.informers import SharedInformer
from miniapi.controllers.ownership import Node, Ownership, Place, node
from miniapi.controllers.ownership_watch import OwnershipWatch
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.errors import ApiError
from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind, parse_api_version
from miniapi.meta.objects import Object
from miniapi.registry.deletion import FOREGROUND, ORPHAN

log = logging.getLogger("miniapi.controllers")

SYNC_SECONDS = 30.0
"""How long the first lists are awaited: who is not known to have dependents must not be taken for one without."""
SETTLE_SECONDS = 0.1
"""How long definitions may go on changing before they are looked at."""
PAUSE_SECONDS = 0.03
"""Between one kind and the next at the start, so that first requests do not wait for all of them."""
_IGNORED = frozenset({("", "events"), ("events.k8s.io", "events")})
_NEEDED = frozenset({"list", "watch", "delete"})


class GarbageCollector:
    """Follows objects and their owners, and asks the server to delete or release them."""

    def __init__(
        self,
        client: Client,
        definitions: SharedInformer,
        kinds: Iterable[Kind],
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._client, self._definitions, self._pause_seconds = client, definitions, pause_seconds
        self._graph, self._queue = Ownership(), Queue()
        self._places: dict[GroupVersionKind, Place] = {}
        self._follow: dict[tuple[str, str], Place] = {}
        for kind in kinds:
            place = Place(kind.gvk.group, kind.gvk.version, kind.plural, kind.namespaced)
            self._places[kind.gvk] = place
            if (place.group, place.plural) not in _IGNORED and set(kind.verbs) >= _NEEDED:
                self._follow.setdefault((place.group, place.plural), place)
        self._following: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._unlisted = set(self._follow)
        self._listed = asyncio.Event()
        self._defined = asyncio.Event()
        definitions.add_handler(lambda _event, _old, _new: self._defined.set())

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_all(group))
            try:
                async with asyncio.timeout(SYNC_SECONDS):
                    await self._listed.wait()
            except TimeoutError:
                log.warning("not listed yet: %s", ", ".join(sorted(plural for _, plural in self._unlisted)))
            await reconcile_all(self._queue, self._reconcile)

    def _start(self, group: asyncio.TaskGroup, place: Place) -> None:
        def changed(event: str, obj: Object) -> None:
            uid = obj["metadata"]["uid"]
            self._look(self._graph.drop(uid) if event == "DELETED" else self._graph.put(node(place, obj)))

        def synced(listed: set[str]) -> None:
            for uid in self._graph.known(place) - listed:
                self._look(self._graph.drop(uid))
            self._unlisted.discard((place.group, place.plural))
            if not self._unlisted:
                self._listed.set()

        watch = OwnershipWatch(self._client, place, changed, synced)
        self._following[place.group, place.plural] = group.create_task(watch.run())

    def _look(self, uids: Iterable[str]) -> None:
        for uid in uids:
            self._queue.add(uid)

    async def _follow_all(self, group: asyncio.TaskGroup) -> None:
        """Begins with the built-in kinds, then with those that are defined, and ends with the latter when they go."""
        self._unlisted |= {key for key, _ in map(_defined_by, filter(_is_established, self._definitions.list()))}
        for place in self._follow.values():
            self._start(group, place)
            await asyncio.sleep(self._pause_seconds)
        known: dict[tuple[str, str], Place] = {}
        while True:
            served = dict(_defined_by(d) for d in self._definitions.list() if _is_established(d))
            for key in known.keys() - served.keys():
                self._following.pop(key).cancel()
            for key in served.keys() - known.keys():
                self._start(group, served[key])
            known = served
            self._defined.clear()
            await self._defined.wait()
            # Definitions come in many steps, and often many at once.
            await asyncio.sleep(SETTLE_SECONDS)

    async def _reconcile(self, uid: str) -> None:
        item = self._graph.get(uid)
        if item is None:
            return
        if item.orphans_dependents:
            for dependent in self._graph.dependents(uid):
                await self._release(dependent, {uid})
            await self._remove_finalizer(item, ORPHAN)
        elif item.waits_for_dependents:
            blocking = [d for d in self._graph.dependents(uid) if d.blocks(uid)]
            if not blocking:
                await self._remove_finalizer(item, FOREGROUND)
            for dependent in blocking:
                if not dependent.deleting:
                    self._queue.add(dependent.uid)
        elif item.owners and not item.deleting:
            await self._collect(item)

    async def _collect(self, item: Node) -> None:
        """Deletes an object whose owners are all gone or going; drops those owners where others remain."""
        live = await self._live(item)
        if live is None:
            return
        item = node(item.place, {"metadata": live})
        self._look(u for u in self._graph.put(item) if u != item.uid)
        if not item.owners or item.deleting:
            return
        solid = False
        gone: set[str] = set()
        waiting: set[str] = set()
        for ref in item.owners:
            found = await self._owner(item, ref)
            if found is None:
                gone.add(ref.get("uid", ""))
            elif found == FOREGROUND:
                waiting.add(ref.get("uid", ""))
            else:
                solid = True
        if solid:
            if gone or waiting:
                await self._release(item, gone | waiting)
            return
        dependents = list(self._graph.dependents(item.uid)) if waiting else []
        if any(d.waits_for_dependents for d in dependents):
            await self._unblock(item)  # or a circle of owners would wait for ever
        policy = "Background"
        if dependents or FOREGROUND in item.finalizers:
            policy = "Foreground"
        elif ORPHAN in item.finalizers:
            policy = "Orphan"
        options = {"propagationPolicy": policy, "preconditions": {"uid": item.uid}}
        place = item.place
        await self._client.delete(place.group, place.version, place.plural, item.namespace, item.name, options)

    async def _owner(self, item: Node, ref: Object) -> str | None:
        """None for one that is gone, FOREGROUND for one that waits for its dependents, else an empty string."""
        known = self._graph.get(ref.get("uid", ""))
        if known is not None and known.namespace in ("", item.namespace):
            return FOREGROUND if known.waits_for_dependents else ""
        group, version = parse_api_version(ref.get("apiVersion") or "")
        place = self._place(GroupVersionKind(group, version, ref.get("kind") or ""))
        if place is None or (place.namespaced and not item.namespace):
            return ""  # nobody can say whether it is there: the object stays
        namespace = item.namespace if place.namespaced else ""
        try:
            owner = await self._client.get(group, version, place.plural, namespace, ref.get("name") or "")
        except ApiError as problem:
            if problem.code != 404:
                raise
            return None
        if owner["metadata"]["uid"] != ref.get("uid"):
            return None
        return FOREGROUND if node(place, owner).waits_for_dependents else ""

    def _place(self, gvk: GroupVersionKind) -> Place | None:
        found = self._places.get(gvk)
        if found is not None:
            return found
        for definition in self._definitions.list():
            spec = definition["spec"]
            if spec["group"] == gvk.group and spec["names"]["kind"] == gvk.kind:
                return Place(gvk.group, gvk.version, spec["names"]["plural"], spec["scope"] == "Namespaced")
        return None

    async def _release(self, item: Node, owners: set[str]) -> None:
        """Drops owner references from an object."""
        live = await self._live(item)
        refs = (live or {}).get("ownerReferences") or []
        kept = [ref for ref in refs if ref.get("uid") not in owners]
        if live is not None and len(kept) < len(refs):
            await self._patch(item, live, {"ownerReferences": kept or None})

    async def _unblock(self, item: Node) -> None:
        """Lets owners go without waiting for the object."""
        live = await self._live(item)
        if live is not None:
            refs = [{**ref, "blockOwnerDeletion": False} for ref in live.get("ownerReferences") or ()]
            await self._patch(item, live, {"ownerReferences": refs})

    async def _remove_finalizer(self, item: Node, finalizer: str) -> None:
        live = await self._live(item)
        finalizers = (live or {}).get("finalizers") or []
        if live is not None and finalizer in finalizers:
            await self._patch(item, live, {"finalizers": [f for f in finalizers if f != finalizer] or None})

    async def _live(self, item: Node) -> Object | None:
        """The object's metadata as it is now."""
        place = item.place
        try:
            found = await self._client.get(place.group, place.version, place.plural, item.namespace, item.name)
        except ApiError as problem:
            if problem.code != 404:
                raise
            return None
        meta: Object = found["metadata"]
        return meta if meta["uid"] == item.uid else None

    async def _patch(self, item: Node, live: Object, metadata: Object) -> None:
        """Only where nobody came between."""
        place = item.place
        patch = {"metadata": {"resourceVersion": live["resourceVersion"], **metadata}}
        await self._client.patch(place.group, place.version, place.plural, item.namespace, item.name, patch)


def _is_established(definition: Object) -> bool:
    conditions = (definition.get("status") or {}).get("conditions") or ()
    return any(c.get("type") == "Established" and c.get("status") == "True" for c in conditions)


def _defined_by(definition: Object) -> tuple[tuple[str, str], Place]:
    spec = definition["spec"]
    version = next(v["name"] for v in spec["versions"] if v.get("storage"))
    served = next((v["name"] for v in spec["versions"] if v.get("storage") and v.get("served")), None)
    version = served or next((v["name"] for v in spec["versions"] if v.get("served")), version)
    place = Place(spec["group"], version, spec["names"]["plural"], spec["scope"] == "Namespaced")
    return (place.group, place.plural), place
