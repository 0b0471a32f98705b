"""Writes what becomes of each definition into its status: names, establishment, approval, termination.

One queue does what apiextensions-apiserver's naming, establishing, approval, nonstructural-schema and finalizing
controllers do, write by write, since a watch shows each of their writes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from miniapi.apiextensions import naming
from miniapi.apiextensions.definition import (
    condition,
    is_true,
    same_condition,
    set_condition,
    versions,
)
from miniapi.apiextensions.kinds import kind_of
from miniapi.client.client import Client
from miniapi.client.informers import SharedInformer
from miniapi.clock import Clock
from miniapi.errors import ApiError
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object, copy
from miniapi.meta.user import LOOPBACK
from miniapi.registry.deletion import mark
from miniapi.registry.resource import Resource
from miniapi.storage.interface import KeyConflict, Stored, StoreUnavailable
from miniapi.strategies.customresourcedefinition import CLEANUP
from miniapi.strategies.interface import WriteContext

log = logging.getLogger("miniapi.apiextensions")

GROUP, PLURAL = "apiextensions.k8s.io", "customresourcedefinitions"
RETRY_SECONDS = 0.2
CHECK_SECONDS = 0.25
"""How often a terminating definition looks whether its objects are gone."""
DELETION_SECONDS = 60.0
"""How long it looks before it says that it could not confirm that."""


class DefinitionController:
    """Runs in every server, whatever --controllers names: it is a part of the original's server too."""

    def __init__(
        self, client: Client, definitions: SharedInformer, storage_for: Callable[[Kind], Resource], clock: Clock
    ) -> None:
        self._client, self._definitions, self._storage_for, self._clock = client, definitions, storage_for, clock
        self._names: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._groups: dict[str, dict[str, Object]] = {}
        """By group and name: of each definition, who it is and what it was given."""
        self._finalizing: set[str] = set()
        definitions.add_handler(self._changed)

    def _changed(self, _event: str, old: Object | None, new: Object | None) -> None:
        crd = new or old
        assert crd is not None
        name, of_group = crd["metadata"]["name"], self._groups.setdefault(crd["spec"]["group"], {})
        if new is not None:
            of_group[name] = {"metadata": {"name": name}, "status": {"acceptedNames": _accepted(new)}}
            self._queue(name)
        else:
            of_group.pop(name, None)
        if old is not None and not _names(old) <= (_names(new) if new is not None else set()):
            # Others may get what became free.
            for other in of_group:
                self._queue(other)

    def _queue(self, name: str) -> None:
        self._names[name] = None
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                while not self._names:
                    self._wake.clear()
                    await self._wake.wait()
                name = next(iter(self._names))
                del self._names[name]
                crd = self._definitions.get("", name)
                if crd is None:
                    continue
                if crd["metadata"].get("deletionTimestamp"):
                    if CLEANUP in (crd["metadata"].get("finalizers") or ()) and name not in self._finalizing:
                        self._finalizing.add(name)
                        group.create_task(self._finalize(name))
                    continue
                try:
                    await self._settle(crd)
                except ApiError as problem:
                    self._failed(name, problem)

    def _failed(self, name: str, problem: ApiError) -> None:
        if problem.code == 404:
            return
        if problem.code != 409:
            log.warning("definition %s: %s", name, problem)
        asyncio.get_running_loop().call_later(RETRY_SECONDS, self._queue, name)

    async def _settle(self, crd: Object) -> None:
        """The first write that the definition still needs; the watch of it leads to the next."""
        names, accepted, established = naming.accepted_names(crd, self._groups[crd["spec"]["group"]].values())
        if _accepted(crd) != names or not same_condition(crd, accepted) or not same_condition(crd, established):
            crd = copy(crd)
            crd["status"]["acceptedNames"] = names
            await self._write(crd, accepted, established)
            return
        for wanted in (naming.approval(crd), naming.non_structural(crd)):
            if wanted is not None and not same_condition(crd, wanted):
                await self._write(copy(crd), wanted)
                return
        if is_true(crd, "NamesAccepted") and not is_true(crd, "Established"):
            wanted = naming.establishment(crd)
            if not same_condition(crd, wanted):
                await self._write(copy(crd), wanted)

    async def _write(self, crd: Object, *conditions: Object) -> Object:
        for wanted in conditions:
            set_condition(crd, wanted, self._clock())
        return await self._client.update(GROUP, "v1", PLURAL, "", crd, "status")

    async def _finalize(self, name: str) -> None:
        """Deletes the objects, waits until they are gone, and lets the definition go."""
        try:
            crd = await self._client.get(GROUP, "v1", PLURAL, "", name)
            why = "CustomResource deletion is in progress"
            crd = await self._write(crd, condition("Terminating", True, "InstanceDeletionInProgress", why))
            if not is_true(crd, "Established"):
                done = condition("Terminating", False, "NeverEstablished", "resource was never established")
            else:
                done = await self._delete_objects(crd)
            crd = await self._client.get(GROUP, "v1", PLURAL, "", name)
            if done["status"] == "True":
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._queue, name)
            else:
                crd["metadata"]["finalizers"] = [f for f in crd["metadata"]["finalizers"] if f != CLEANUP]
            await self._write(crd, done)
        except ApiError as problem:
            self._failed(name, problem)
        finally:
            self._finalizing.discard(name)

    async def _delete_objects(self, crd: Object) -> Object:
        """The Terminating condition afterwards, False where nothing is left."""
        kind = kind_of(crd, versions(crd)[0])
        resource = self._storage_for(kind)
        loop = asyncio.get_running_loop()
        until = loop.time() + DELETION_SECONDS
        try:
            for stored in (await resource.scan("")).items:
                await self._delete(resource, kind, stored)
            while (await resource.scan("", limit=1)).items:
                if loop.time() > until:
                    why = "could not confirm zero CustomResources remaining: timed out waiting for the condition"
                    return condition("Terminating", True, "InstanceDeletionCheck", why)
                await asyncio.sleep(CHECK_SECONDS)
        except (ApiError, StoreUnavailable) as problem:
            why = f"could not list instances: {problem}"
            return condition("Terminating", True, "InstanceDeletionFailed", why)
        return condition("Terminating", False, "InstanceDeletionCompleted", "removed all instances")

    async def _delete(self, resource: Resource, kind: Kind, stored: Stored) -> None:
        """As DELETE of the object, whether any version of it is served or not."""
        current: Stored | None = stored
        while current is not None:
            obj = resource.decode(current)
            meta, now = obj["metadata"], self._clock()
            ctx = WriteContext(LOOPBACK, meta.get("namespace", ""), meta["name"], now)
            try:
                if mark(kind, obj, {}, ctx, now):
                    await resource.remove(current)
                else:
                    await resource.replace(current, obj)
                return
            except KeyConflict as conflict:
                current = conflict.current


def _names(crd: Object) -> set[str]:
    """All that a definition holds."""
    held = _accepted(crd)
    single = (held.get(n) or "" for n in ("plural", "singular", "kind", "listKind"))
    return {*single, *(held.get("shortNames") or ())}


def _accepted(crd: Object) -> Object:
    found: Object = (crd.get("status") or {}).get("acceptedNames") or {}
    return found
