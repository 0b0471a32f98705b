"""How writes are counted against quotas."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from miniapi.admission.interface import Attributes
from miniapi.admission.plugins.resource_quota import ResourceQuota
from miniapi.admission.quota.builtin import evaluator
from miniapi.admission.quota.check import LimitedResource
from miniapi.errors import ApiError
from miniapi.meta.objects import Object
from tests.admission.world import NOW, POD, World, attributes, kind, pod, run

CONFIG_MAP = kind("configmaps", "ConfigMap")
SERVICE = kind("services", "Service")


def quota(hard: dict[str, str], used: dict[str, str] | None = None, **spec: Any) -> Object:
    zero = dict.fromkeys(hard, "0")
    return {"spec": spec, "status": {"hard": hard, "used": zero if used is None else used}}


def plugin(world: World, *limited: LimitedResource) -> ResourceQuota:
    return ResourceQuota(world, world, world, limited)


def used(world: World, name: str = "q") -> dict[str, str]:
    found: dict[str, str] = world.objects["", "resourcequotas", "ns"][name]["status"]["used"]
    return found


async def refusal(world: World, write: Attributes, *limited: LimitedResource) -> str:
    with pytest.raises(ApiError) as raised:
        await run(plugin(world, *limited), write)
    return raised.value.message


def resources(requests: dict[str, str], limits: dict[str, str] | None = None, **spec: Any) -> Object:
    made = pod(**spec)
    made["spec"]["containers"][0]["resources"] = {"requests": requests, "limits": limits or {}}
    return made


async def test_hundred_concurrent_writes_use_up_a_quota_exactly_in_few_updates() -> None:
    world = World()
    world.add("", "resourcequotas", "q", quota({"configmaps": "10"}), "ns")
    checked = plugin(world)
    writes = [run(checked, attributes(CONFIG_MAP, {"metadata": {"name": f"c{i}"}})) for i in range(100)]
    ends = await asyncio.gather(*writes, return_exceptions=True)
    assert sum(isinstance(e, ApiError) for e in ends) == 90
    assert used(world) == {"configmaps": "10"}
    assert world.writes <= 2


async def test_a_dry_run_is_judged_but_not_counted() -> None:
    world = World()
    world.add("", "resourcequotas", "q", quota({"configmaps": "1"}), "ns")
    await run(plugin(world), attributes(CONFIG_MAP, {"metadata": {"name": "a"}}, dry_run=True))
    assert used(world) == {"configmaps": "0"}


async def test_usage_that_nobody_has_counted_yet_is_refused() -> None:
    world = World()
    world.add("", "resourcequotas", "q", quota({"configmaps": "1"}, {}), "ns")
    message = await refusal(world, attributes(CONFIG_MAP, {"metadata": {"name": "a"}}))
    assert message == 'configmaps "a" is forbidden: status unknown for quota: q, resources: configmaps'


async def test_of_two_quotas_the_one_that_is_full_refuses_and_nothing_is_counted() -> None:
    world = World()
    world.add("", "resourcequotas", "a", quota({"configmaps": "9"}), "ns")
    world.add("", "resourcequotas", "b", quota({"count/configmaps": "0"}), "ns")
    message = await refusal(world, attributes(CONFIG_MAP, {"metadata": {"name": "x"}}))
    assert message.endswith(
        "exceeded quota: b, requested: count/configmaps=1, used: count/configmaps=0, limited: count/configmaps=0"
    )
    assert used(world, "a") == {"configmaps": "0"}


SCOPED = [
    ({"scopes": ["BestEffort"]}, pod(), True),
    ({"scopes": ["NotBestEffort"]}, pod(), False),
    ({"scopes": ["Terminating"]}, pod(activeDeadlineSeconds=5), True),
    ({"scopes": ["NotTerminating"]}, pod(activeDeadlineSeconds=5), False),
    ({"scopes": ["PriorityClass"]}, pod(), False),
    ({"scopes": ["CrossNamespacePodAffinity"]}, pod(), False),
]


def selector(operator: str, *values: str) -> dict[str, Any]:
    return {
        "scopeSelector": {
            "matchExpressions": [{"scopeName": "PriorityClass", "operator": operator, "values": list(values)}]
        }
    }


SCOPED += [
    (selector("In", "high"), pod(priorityClassName="high"), True),
    (selector("In", "high"), pod(priorityClassName="low"), False),
    (selector("NotIn", "high"), pod(), True),
    (selector("Exists"), pod(priorityClassName="low"), True),
    (selector("DoesNotExist"), pod(priorityClassName="low"), False),
]


@pytest.mark.parametrize(("spec", "obj", "counts"), SCOPED)
async def test_a_quota_counts_only_pods_in_its_scope(spec: dict[str, Any], obj: Object, counts: bool) -> None:
    world = World()
    world.add("", "resourcequotas", "q", quota({"pods": "5"}, **spec), "ns")
    await run(plugin(world), attributes(POD, obj))
    assert used(world) == {"pods": "1" if counts else "0"}


async def test_an_update_is_charged_for_growth_alone() -> None:
    world = World()
    world.add("", "resourcequotas", "q", quota({"services.nodeports": "3"}), "ns")
    meta = {"name": "s", "resourceVersion": "1"}
    one: Object = {"metadata": meta, "spec": {"type": "NodePort", "ports": [{"port": 1}]}}
    two: Object = {"metadata": meta, "spec": {"type": "NodePort", "ports": [{"port": 1}, {"port": 2}]}}
    await run(plugin(world), attributes(SERVICE, two, one))
    assert used(world) == {"services.nodeports": "1"}
    await run(plugin(world), attributes(SERVICE, one, two))
    assert used(world) == {"services.nodeports": "1"}


async def test_containers_must_say_what_is_limited_unless_their_pod_does() -> None:
    world = World()
    world.add("", "resourcequotas", "q", quota({"limits.cpu": "1", "requests.memory": "1Gi"}), "ns")
    message = await refusal(world, attributes(POD, resources({"memory": "1Mi"})))
    assert message == 'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: c'
    await run(plugin(world), attributes(POD, resources({"memory": "1Mi"}, resources={"limits": {"cpu": "500m"}})))
    assert used(world) == {"limits.cpu": "500m", "requests.memory": "1Mi"}


async def test_what_is_limited_by_configuration_needs_a_quota() -> None:
    gold = LimitedResource("", "persistentvolumeclaims", ("gold.storageclass",))
    claim = kind("persistentvolumeclaims", "PersistentVolumeClaim")
    obj: Object = {"metadata": {"name": "a"}, "spec": {"storageClassName": "gold"}}
    message = await refusal(World(), attributes(claim, obj), gold)
    assert message.endswith("insufficient quota to consume: gold.storageclass.storage.k8s.io/persistentvolumeclaims")


USAGES: Sequence[tuple[str, str, Object, dict[str, str]]] = [
    ("", "secrets", {}, {"count/secrets": "1", "secrets": "1"}),
    ("apps", "deployments", {}, {"count/deployments.apps": "1"}),
    (
        "",
        "services",
        {"spec": {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False, "ports": [{"port": 1}]}},
        {"count/services": "1", "services": "1", "services.nodeports": "0", "services.loadbalancers": "1"},
    ),
    (
        "",
        "persistentvolumeclaims",
        {"spec": {"storageClassName": "g", "resources": {"requests": {"storage": "1500m"}}}},
        {
            "persistentvolumeclaims": "1",
            "count/persistentvolumeclaims": "1",
            "g.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
            "requests.storage": "2",
            "g.storageclass.storage.k8s.io/requests.storage": "2",
        },
    ),
    (
        "",
        "pods",
        resources({"cpu": "100m", "example.com/gpu": "2", "hugepages-2Mi": "4Mi"}, overhead={"cpu": "50m"}),
        {
            "count/pods": "1",
            "pods": "1",
            "cpu": "150m",
            "requests.cpu": "150m",
            "requests.example.com/gpu": "2",
            "hugepages-2Mi": "4Mi",
            "requests.hugepages-2Mi": "4Mi",
        },
    ),
    ("", "pods", {**pod(), "status": {"phase": "Failed"}}, {"count/pods": "1"}),
    (
        "resource.k8s.io",
        "resourceclaims",
        {"spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "g", "count": 3}}]}}},
        {"count/resourceclaims.resource.k8s.io": "1", "g.deviceclass.resource.k8s.io/devices": "3"},
    ),
]


@pytest.mark.parametrize(("group", "plural", "obj", "expected"), USAGES)
def test_usage(group: str, plural: str, obj: Object, expected: dict[str, str]) -> None:
    counting = evaluator(group, plural)
    assert counting is not None
    assert {name: str(value) for name, value in counting.usage(obj, NOW).items()} == expected


def test_events_are_never_counted() -> None:
    assert evaluator("", "events") is None
