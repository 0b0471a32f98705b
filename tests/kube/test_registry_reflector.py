"""Informers over the registry hold what is stored and tell what happens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from miniapi.client.cache import Held
from miniapi.kube import registry_reflector
from miniapi.kube.registry_reflector import RegistryReflector
from miniapi.meta.objects import Object
from miniapi.registry.encoding import StoredForm
from miniapi.registry.resource import Resource
from miniapi.storage.memory import MemoryStore


class Seen:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.listed: list[Held] = []
        self.changes: list[tuple[str, tuple[str, str], str]] = []
        self.objects: list[Object] = []

    def replace(self, held: Sequence[Held]) -> None:
        self.listed = list(held)

    def changed(self, event: str, held: Held) -> None:
        self.changes.append((event, held.key, held.resource_version))
        self.objects.append(held.object())


@pytest.fixture
async def pods() -> AsyncIterator[Resource]:
    store = MemoryStore()
    yield Resource(store, "pods", StoredForm(), namespaced=True)
    await store.close()


def pod(name: str, **spec: str) -> Object:
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "namespace": "ns"}, "spec": spec}


async def test_it_tells_what_is_there_and_every_change_with_its_revision(pods: Resource) -> None:
    there = await pods.create("ns", "there", pod("there"))
    seen = Seen()
    running = asyncio.create_task(RegistryReflector(pods, "", seen).run())
    await asyncio.sleep(0.01)
    assert [held.key for held in seen.listed] == [("ns", "there")]
    changed = await pods.replace(there, pod("there", nodeName="n"))
    gone = await pods.remove(changed)
    await asyncio.sleep(0.01)
    assert seen.changes == [
        ("MODIFIED", ("ns", "there"), str(changed.mod_revision)),
        ("DELETED", ("ns", "there"), str(gone)),
    ]
    assert seen.objects[1]["spec"] == {"nodeName": "n"}
    assert seen.objects[1]["metadata"]["resourceVersion"] == str(gone)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_few_objects_stay_decoded(pods: Resource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_reflector, "MOST_DECODED", 2)
    for name in "abc":
        await pods.create("ns", name, pod(name))
    seen = Seen()
    running = asyncio.create_task(RegistryReflector(pods, "", seen).run())
    await asyncio.sleep(0.01)
    first = seen.listed[0].object()
    assert seen.listed[0].object() is first
    for held in seen.listed[1:]:
        held.object()
    assert seen.listed[0].object() is not first
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
