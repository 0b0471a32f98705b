"""Plugins that fill or refuse pods."""

import pytest

from miniapi.admission.plugins.default_toleration_seconds import DefaultTolerationSeconds
from miniapi.admission.plugins.priority import Priority
from miniapi.admission.plugins.runtime_class import RuntimeClass
from miniapi.admission.plugins.service_account import ServiceAccount
from miniapi.admission.tolerations import merge
from miniapi.errors import ApiError
from tests.admission.world import POD, World, attributes, kind, pod, run


async def test_a_pod_gets_the_default_account_its_token_and_its_pull_secrets() -> None:
    world = World()
    world.add("", "serviceaccounts", "default", {"imagePullSecrets": [{"name": "reg"}]}, "ns")
    a = pod()
    await run(ServiceAccount(world), attributes(POD, a))
    spec = a["spec"]
    assert spec["serviceAccountName"] == "default"
    assert spec["imagePullSecrets"] == [{"name": "reg"}]
    volume = spec["volumes"][0]["name"]
    assert volume.startswith("kube-api-access-")
    assert spec["containers"][0]["volumeMounts"][0]["name"] == volume


@pytest.mark.parametrize("of_pod", [True, False])
async def test_no_token_is_mounted_where_pod_or_account_says_so(of_pod: bool) -> None:
    world = World()
    world.add("", "serviceaccounts", "default", {} if of_pod else {"automountServiceAccountToken": False}, "ns")
    a = pod(**({"automountServiceAccountToken": False} if of_pod else {}))
    await run(ServiceAccount(world), attributes(POD, a))
    assert "volumes" not in a["spec"]


async def test_a_missing_account_is_refused_and_the_default_one_awaited() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    for name, waits in (("robot", 0), ("default", 9)):
        with pytest.raises(ApiError) as refused:
            await run(ServiceAccount(World(), sleep), attributes(POD, pod(serviceAccountName=name)))
        assert refused.value.message == (
            f'pods "a" is forbidden: error looking up service account ns/{name}: serviceaccount "{name}" not found'
        )
        assert len(waited) == waits


async def test_an_account_may_allow_only_its_own_secrets() -> None:
    world = World()
    annotations = {"kubernetes.io/enforce-mountable-secrets": "true"}
    world.add("", "serviceaccounts", "default", {"metadata": {"annotations": annotations}}, "ns")
    a = pod(volumes=[{"name": "v", "secret": {"secretName": "s"}}])
    with pytest.raises(ApiError, match='volume with secret.secretName="s" is not allowed because service account'):
        await run(ServiceAccount(world), attributes(POD, a))


async def test_the_global_default_class_names_itself_in_the_pod() -> None:
    world = World()
    world.add("scheduling.k8s.io", "priorityclasses", "p", {"value": 5, "globalDefault": True})
    a = pod()
    await run(Priority(world), attributes(POD, a))
    assert (a["spec"]["priorityClassName"], a["spec"]["priority"]) == ("p", 5)


async def test_there_is_one_global_default() -> None:
    world = World()
    world.add("scheduling.k8s.io", "priorityclasses", "p", {"value": 5, "globalDefault": True})
    of = kind("priorityclasses", "PriorityClass", "scheduling.k8s.io", namespaced=False)
    with pytest.raises(ApiError, match="PriorityClass p is already marked as default"):
        await run(Priority(world), attributes(of, {"metadata": {"name": "q"}, "globalDefault": True}))


async def test_a_toleration_of_everything_needs_no_defaults() -> None:
    a = pod(tolerations=[{"operator": "Exists"}])
    await run(DefaultTolerationSeconds(), attributes(POD, a))
    assert a["spec"]["tolerations"] == [{"operator": "Exists"}]


async def test_an_overhead_needs_a_class() -> None:
    with pytest.raises(ApiError, match="Pod Overhead set without corresponding RuntimeClass"):
        await run(RuntimeClass(World()), attributes(POD, pod(overhead={"cpu": "1"})))


def test_merged_tolerations_drop_what_others_cover() -> None:
    every = {"operator": "Exists"}
    one = {"key": "k", "operator": "Exists", "effect": "NoSchedule"}
    assert merge([one], [every]) == [every]
    assert merge([every], [one]) == [every]
    assert merge([one], [dict(one)]) == [one]
