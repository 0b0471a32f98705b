"""What every namespace gets, and how a deleted one is emptied."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from miniapi.client.client import Client
from miniapi.client.informers import SharedInformer
from miniapi.controllers.queue import RETRY_SECONDS, Queue
from miniapi.errors import ApiError
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object, copy

log = logging.getLogger("miniapi.controllers")

ROOT_CA_NAME = "kube-root-ca.crt"


class NamespaceContent:
    """Gives each active namespace what it should hold: the default service account, the CA's certificate."""

    def __init__(self, client: Client, namespaces: SharedInformer, wanted: Iterable[tuple[str, Object]]) -> None:
        self._client, self._namespaces = client, namespaces
        self._wanted = list(wanted)
        self._queue = Queue()
        namespaces.add_handler(self._changed)

    def _changed(self, event: str, _old: Object | None, new: Object | None) -> None:
        if event == "ADDED" and new is not None:
            self._queue.add(new["metadata"]["name"])

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            name = await self._queue.take()
            namespace = self._namespaces.get("", name)
            if namespace is None or namespace["metadata"].get("deletionTimestamp"):
                continue
            for plural, obj in self._wanted:
                try:
                    await self._client.create("", "v1", plural, name, copy(obj))
                except ApiError as problem:
                    if problem.code not in (403, 404, 409):
                        log.warning("%s of namespace %s: %s", plural, name, problem)


class NamespaceDeletion:
    """Empties a namespace that is being deleted, then lets it go."""

    def __init__(
        self,
        client: Client,
        namespaces: SharedInformer,
        kinds: Iterable[Kind],
        custom_kinds: Callable[[], Iterable[Kind]],
    ) -> None:
        self._client, self._namespaces = client, namespaces
        self._kinds, self._custom_kinds = [k for k in kinds if _holds(k)], custom_kinds
        self._queue = Queue()
        namespaces.add_handler(self._changed)

    def _changed(self, _event: str, _old: Object | None, new: Object | None) -> None:
        if new is not None and new["metadata"].get("deletionTimestamp"):
            self._queue.add(new["metadata"]["name"])

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            name = await self._queue.take()
            try:
                if not await self._empty(name):
                    asyncio.get_running_loop().call_later(RETRY_SECONDS, self._queue.add, name)
            except ApiError as problem:
                if problem.code == 404:
                    continue
                log.warning("namespace %s: %s", name, problem)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._queue.add, name)

    async def _empty(self, name: str) -> bool:
        """True where nothing is left and the namespace was let go."""
        left = False
        for kind in (*self._kinds, *filter(_holds, self._custom_kinds())):
            gvk = kind.gvk
            found = await self._client.list(gvk.group, gvk.version, kind.plural, name, limit="1")
            if not found["items"]:
                continue
            await self._client.delete_collection(gvk.group, gvk.version, kind.plural, name)
            found = await self._client.list(gvk.group, gvk.version, kind.plural, name, limit="1")
            left = left or bool(found["items"])
        if left:
            return False
        namespace = await self._client.get("", "v1", "namespaces", "", name)
        namespace["spec"] = {}
        await self._client.update("", "v1", "namespaces", "", namespace, "finalize")
        return True


def _holds(kind: Kind) -> bool:
    """Whether objects of the kind lie in namespaces and can be emptied."""
    return kind.namespaced and "deletecollection" in kind.verbs
