"""What becomes of definitions: each write of their status, and their end."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from miniapi.apiextensions.controller import DefinitionController
from miniapi.errors import ApiError
from miniapi.meta.objects import copy
from miniapi.registry.encoding import StoredForm
from miniapi.registry.resource import Resource
from miniapi.storage.memory import MemoryStore
from miniapi.strategies.customresourcedefinition import CLEANUP

NAME = "widgets.example.com"


def crd(**status: Any) -> dict[str, Any]:
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    spec = {
        "group": "example.com",
        "scope": "Namespaced",
        "names": names,
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
        ],
    }
    return {"metadata": {"name": NAME}, "spec": spec, "status": status}


class Definitions:
    """An informer and a client in one: what is written is seen."""

    def __init__(self, *objects: dict[str, Any]) -> None:
        self.objects = {o["metadata"]["name"]: o for o in objects}
        self.written: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self._handlers: list[Any] = []

    def add_handler(self, handler: Any) -> None:
        self._handlers.append(handler)
        for obj in self.objects.values():
            handler("ADDED", None, obj)

    def get(self, *names: str) -> Any:
        return self.objects.get(names[-1])

    async def update(self, *place: Any) -> dict[str, Any]:
        obj: dict[str, Any] = copy(place[4])
        name, old = obj["metadata"]["name"], self.objects[obj["metadata"]["name"]]
        self.written.append(obj)
        if obj["metadata"].get("deletionTimestamp") and not obj["metadata"]["finalizers"]:
            del self.objects[name]
            self._tell("DELETED", old, None)
            self.gone.set()
        else:
            self.objects[name] = obj
            self._tell("MODIFIED", old, obj)
        return copy(obj)  # type: ignore[no-any-return]

    def _tell(self, event: str, old: Any, new: Any) -> None:
        for handler in self._handlers:
            handler(event, old, new)


class Client:
    """The parts of a client that the controller uses."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self.update = definitions.update

    async def get(self, *place: str) -> Any:
        found = self._definitions.get(place[-1])
        if found is None:
            raise ApiError(404, "NotFound", "")
        return copy(found)


def widgets(store: MemoryStore) -> Resource:
    return Resource(store, "example.com/widgets", StoredForm("application/json", lambda obj: obj), namespaced=True)


def controller(definitions: Definitions, store: MemoryStore) -> DefinitionController:
    client: Any = Client(definitions)
    informer: Any = definitions
    return DefinitionController(client, informer, lambda _kind: widgets(store), lambda: datetime.now(UTC))


async def run_until(task: DefinitionController, done: Any) -> None:
    running = asyncio.create_task(task.run())
    async with asyncio.timeout(5):
        while not done():
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_names_are_accepted_first_and_the_definition_is_established_then() -> None:
    definitions = Definitions(crd())
    await run_until(controller(definitions, MemoryStore()), lambda: len(definitions.written) == 2)
    first, second = ([(c["type"], c["reason"]) for c in o["status"]["conditions"]] for o in definitions.written)
    assert first == [("NamesAccepted", "NoConflicts"), ("Established", "Installing")]
    assert second == [("NamesAccepted", "NoConflicts"), ("Established", "InitialNamesAccepted")]


async def test_a_definition_goes_once_its_objects_are_gone() -> None:
    store = MemoryStore()
    held = {"kind": "Widget", "apiVersion": "example.com/v1", "metadata": {"name": "b", "finalizers": ["x/y"]}}
    await widgets(store).create("n", "a", {**held, "metadata": {"name": "a", "namespace": "n"}})
    kept = await widgets(store).create("n", "b", held)
    deleted = crd(acceptedNames=crd()["spec"]["names"], conditions=[{"type": "Established", "status": "True"}])
    deleted["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [CLEANUP]}
    definitions = Definitions(deleted)
    running = asyncio.create_task(controller(definitions, store).run())
    async with asyncio.timeout(5):
        while (await widgets(store).get("n", "b")) == kept:
            await asyncio.sleep(0.01)
        assert await widgets(store).get("n", "a") is None
        assert NAME in definitions.objects
        marked = await widgets(store).get("n", "b")
        assert marked is not None
        assert "deletionTimestamp" in widgets(store).decode(marked)["metadata"]
        await widgets(store).remove(marked)
        await definitions.gone.wait()
    running.cancel()
    reasons = [o["status"]["conditions"][-1]["reason"] for o in definitions.written]
    assert reasons == ["InstanceDeletionInProgress", "InstanceDeletionCompleted"]
    await asyncio.wait([running])
