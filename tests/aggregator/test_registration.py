"""APIServices of what is served here: written at the start, mended, and taken back with their CRDs."""

import asyncio

import pytest

from miniapi.aggregator.local import ALWAYS, AUTOMANAGED, ON_START, builtin, custom
from miniapi.aggregator.registration import Registration


def crd(group, *versions, established="True"):
    return {
        "spec": {"group": group, "versions": [{"name": v, "served": True} for v in versions]},
        "status": {"conditions": [{"type": "Established", "status": established}]},
    }


class Informer:
    def __init__(self, *objects):
        self.objects, self.synced = list(objects), asyncio.Event()
        self.synced.set()

    def list(self):
        return list(self.objects)

    def add_handler(self, handler):
        self.handler = handler


class Client:
    """Writes into the informer at once."""

    def __init__(self, informer):
        self.informer = informer

    async def create(self, group, version, plural, namespace, obj):
        self.informer.objects.append(obj)

    async def update(self, group, version, plural, namespace, obj):
        await self.delete(group, version, plural, namespace, obj["metadata"]["name"])
        self.informer.objects.append(obj)

    async def delete(self, group, version, plural, namespace, name):
        self.informer.objects = [o for o in self.informer.objects if o["metadata"]["name"] != name]


async def registered(there, crds, served=(("apps", "v1"), ("unknown", "v1"))):
    """Runs until nothing changes any more."""
    api_services = Informer(*there)
    follower = Informer(*crds)
    task = asyncio.create_task(Registration(Client(api_services), api_services, follower, served).run())
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    return {o["metadata"]["name"]: o for o in api_services.objects}


async def test_what_the_server_serves_is_registered_with_the_priorities_of_its_group_and_version():
    rows = await registered([], [])
    assert list(rows) == ["v1.apps"]
    assert rows["v1.apps"]["metadata"]["labels"] == {AUTOMANAGED: ON_START}
    assert rows["v1.apps"]["spec"] == {
        "group": "apps",
        "version": "v1",
        "groupPriorityMinimum": 17800,
        "versionPriority": 15,
    }


async def test_versions_of_established_crds_are_registered():
    rows = await registered([], [crd("example.com", "v1", "v2"), crd("new.example.com", "v1", established="False")])
    assert {n for n, o in rows.items() if o["metadata"]["labels"] == {AUTOMANAGED: ALWAYS}} == {
        "v1.example.com",
        "v2.example.com",
    }


async def test_what_is_asked_for_no_more_goes_and_what_others_wrote_stays():
    old = builtin("batch", "v1")
    theirs = custom("theirs.example.com", "v1")
    theirs["metadata"]["labels"] = {}
    rows = await registered([old, custom("gone.example.com", "v1"), theirs], [])
    assert set(rows) == {"v1.apps", "v1.theirs.example.com"}


async def test_a_row_that_differs_is_mended():
    there = builtin("apps", "v1")
    there["spec"]["versionPriority"] = 3
    rows = await registered([there], [])
    assert rows["v1.apps"]["spec"]["versionPriority"] == 15


@pytest.mark.parametrize(
    ("group", "version", "priority"),
    [("autoscaling", "v2", 30), ("autoscaling", "v1", 15), ("batch", "v1beta1", 9), ("node.k8s.io", "v1alpha1", 1)],
)
def test_versions_come_in_the_originals_order(group, version, priority):
    assert builtin(group, version)["spec"]["versionPriority"] == priority
