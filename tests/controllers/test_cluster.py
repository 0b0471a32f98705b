"""What the controllers of objects' lives make of a server: seen from outside, through its client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from miniapi.client.client import Client
from miniapi.errors import ApiError
from miniapi.meta.objects import Object

WAIT_SECONDS = 10.0
CLAIM_SPEC = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await check():
            await asyncio.sleep(0.02)


async def is_gone(cluster: Client, plural: str, name: str) -> bool:
    try:
        await cluster.get("", "v1", plural, "default", name)
    except ApiError as problem:
        return problem.code == 404
    return False


async def config_map(cluster: Client, name: str, *owners: Object) -> Object:
    refs = [
        {"apiVersion": "v1", "kind": "ConfigMap", "blockOwnerDeletion": True}
        | {"name": o["metadata"]["name"], "uid": o["metadata"]["uid"]}
        for o in owners
    ]
    return await cluster.create(
        "", "v1", "configmaps", "default", {"metadata": {"name": name, "ownerReferences": refs}}
    )


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
async def test_what_belongs_to_a_deleted_object_goes_with_it(cluster: Client, policy: str) -> None:
    a = await config_map(cluster, "a")
    b = await config_map(cluster, "b", a)
    await config_map(cluster, "c", b)
    kept = await config_map(cluster, "kept")
    await config_map(cluster, "shared", a, kept)
    await cluster.delete("", "v1", "configmaps", "default", "a", {"propagationPolicy": policy})
    for name in ("a", "b", "c"):
        await until(lambda name=name: is_gone(cluster, "configmaps", name))

    async def is_released() -> bool:
        shared = await cluster.get("", "v1", "configmaps", "default", "shared")
        return [r["name"] for r in shared["metadata"]["ownerReferences"]] == ["kept"]

    await until(is_released)


async def test_orphans_stay_without_their_owner(cluster: Client) -> None:
    await config_map(cluster, "b", await config_map(cluster, "a"))
    await cluster.delete("", "v1", "configmaps", "default", "a", {"propagationPolicy": "Orphan"})
    await until(lambda: is_gone(cluster, "configmaps", "a"))
    orphan = await cluster.get("", "v1", "configmaps", "default", "b")
    assert "ownerReferences" not in orphan["metadata"]


async def test_an_object_whose_owner_never_was_goes(cluster: Client) -> None:
    await config_map(cluster, "b", {"metadata": {"name": "ghost", "uid": "no-such-uid"}})
    await until(lambda: is_gone(cluster, "configmaps", "b"))


async def test_a_quota_counts_what_is_there_and_room_is_made_by_deletes(cluster: Client) -> None:
    await cluster.create("", "v1", "secrets", "default", {"metadata": {"name": "old"}})
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"secrets": "2"}}}
    await cluster.create("", "v1", "resourcequotas", "default", quota)

    async def uses(count: str) -> bool:
        found = await cluster.get("", "v1", "resourcequotas", "default", "q")
        return (found["status"].get("used") or {}).get("secrets") == count

    await until(lambda: uses("1"))
    await cluster.create("", "v1", "secrets", "default", {"metadata": {"name": "new"}})
    assert await uses("2")
    with pytest.raises(ApiError, match="exceeded quota: q, requested: secrets=1, used: secrets=2, limited: secrets=2"):
        await cluster.create("", "v1", "secrets", "default", {"metadata": {"name": "more"}})
    await cluster.delete("", "v1", "secrets", "default", "old")
    await until(lambda: uses("1"))


async def test_custom_objects_count_too(cluster: Client) -> None:
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    names = {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    definition: Object = {"metadata": {"name": "foos.example.com"}, "spec": spec}
    await cluster.create("apiextensions.k8s.io", "v1", "customresourcedefinitions", "", definition)

    async def is_made() -> bool:
        foo = {"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"name": "f"}}
        try:
            await cluster.create("example.com", "v1", "foos", "default", foo)
        except ApiError as problem:
            assert problem.code == 404
            return False
        return True

    await until(is_made)
    quota: Object = {"metadata": {"name": "q"}, "spec": {"hard": {"count/foos.example.com": "1"}}}
    await cluster.create("", "v1", "resourcequotas", "default", quota)

    async def is_full() -> bool:
        found = await cluster.get("", "v1", "resourcequotas", "default", "q")
        return found["status"].get("used") == {"count/foos.example.com": "1"}

    await until(is_full)
    foo = {"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"name": "g"}}
    with pytest.raises(ApiError, match="exceeded quota: q, requested: count/foos.example.com=1"):
        await cluster.create("example.com", "v1", "foos", "default", foo)


async def running_pod(cluster: Client, name: str) -> None:
    pod: dict[str, Any] = {"metadata": {"name": name, "labels": {"app": "w"}}}
    pod["spec"] = {"nodeName": "n", "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": "x"}]}
    await cluster.create("", "v1", "pods", "default", pod)
    status = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    await cluster.patch("", "v1", "pods", "default", name, status, subresource="status")


async def test_pods_are_evicted_as_long_as_their_budget_allows_it(cluster: Client) -> None:
    await cluster.create("", "v1", "serviceaccounts", "default", {"metadata": {"name": "default"}})
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "w"}}}
    budget: Object = {"metadata": {"name": "b"}, "spec": spec}
    await cluster.create("policy", "v1", "poddisruptionbudgets", "default", budget)
    for name in ("w1", "w2"):
        await running_pod(cluster, name)

    async def allows(count: int, healthy: int) -> bool:
        found = await cluster.get("policy", "v1", "poddisruptionbudgets", "default", "b")
        return (found["status"]["disruptionsAllowed"], found["status"]["currentHealthy"]) == (count, healthy)

    await until(lambda: allows(1, 2))
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "w1"}}
    await cluster.create("", "v1", "pods", "default", eviction, "w1", "eviction")
    await until(lambda: is_gone(cluster, "pods", "w1"))
    await until(lambda: allows(0, 1))
    last = {**eviction, "metadata": {"name": "w2"}}
    with pytest.raises(ApiError, match="would violate the pod's disruption budget") as raised:
        await cluster.create("", "v1", "pods", "default", last, "w2", "eviction")
    assert raised.value.code == 429
    assert [c.message for c in raised.value.causes] == [
        "The disruption budget b needs 1 healthy pods and has 1 currently"
    ]


async def test_an_unused_claim_goes_when_it_is_deleted_and_a_used_one_when_its_pod_has_ended(cluster: Client) -> None:
    await cluster.create("", "v1", "serviceaccounts", "default", {"metadata": {"name": "default"}})
    for name in ("free", "used"):
        claim: Object = {"metadata": {"name": name}, "spec": CLAIM_SPEC}
        await cluster.create("", "v1", "persistentvolumeclaims", "default", claim)
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "used"}}]
    spec = {"volumes": volumes, "containers": [{"name": "c", "image": "x"}]}
    await cluster.create("", "v1", "pods", "default", {"metadata": {"name": "p"}, "spec": spec})
    for name in ("used", "free"):
        await cluster.delete("", "v1", "persistentvolumeclaims", "default", name)
    await until(lambda: is_gone(cluster, "persistentvolumeclaims", "free"))
    assert not await is_gone(cluster, "persistentvolumeclaims", "used")
    await cluster.delete("", "v1", "pods", "default", "p")
    await until(lambda: is_gone(cluster, "persistentvolumeclaims", "used"))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({}, 'Invalid value: [""]: failed to allocate IP: IPAddress.networking.k8s.io "'),
        (
            {"clusterIP": "10.96.0.9"},
            'Invalid value: ["10.96.0.9"]: failed to allocate IP 10.96.0.9: IPAddress.networking.k8s.io "10.96.0.9"',
        ),
    ],
)
async def test_nobody_holds_the_address_of_a_service_without_a_name(cluster, address, told):
    spec = {"ports": [{"port": 80}], **address}
    with pytest.raises(ApiError) as raised:
        await cluster.create("", "v1", "services", "default", {"metadata": {}, "spec": spec})
    (cause,) = raised.value.causes
    assert cause.message.startswith(told)
    assert cause.message.endswith('" is invalid: spec.parentRef.name: Required value')
    named = await cluster.create("", "v1", "services", "default", {"metadata": {"name": "a"}, "spec": spec})
    assert named["spec"]["clusterIP"] == address.get("clusterIP", named["spec"]["clusterIP"])
