"""Bounds and defaults of LimitRanges."""

from typing import Any

import pytest

from miniapi.admission.plugins.limit_ranger import LimitRanger
from miniapi.errors import ApiError
from miniapi.meta.objects import Object
from tests.admission.world import POD, World, attributes, kind, pod, run

CLAIM = kind("persistentvolumeclaims", "PersistentVolumeClaim")


def world_of(*limits: dict[str, Any]) -> World:
    world = World()
    world.add("", "limitranges", "l", {"spec": {"limits": list(limits)}}, "ns")
    return world


def asking(requests: dict[str, str], limits: dict[str, str]) -> Object:
    made = pod()
    made["spec"]["containers"][0]["resources"] = {"requests": requests, "limits": limits}
    return made


BOUNDS = [
    ({"min": {"cpu": "1"}}, {}, {}, "minimum cpu usage per Container is 1.  No request is specified"),
    ({"min": {"cpu": "1"}}, {"cpu": "500m"}, {}, "minimum cpu usage per Container is 1, but request is 500m"),
    ({"min": {"cpu": "1"}}, {"cpu": "1"}, {"cpu": "2m"}, "minimum cpu usage per Container is 1, but limit is 2m"),
    ({"max": {"cpu": "1"}}, {}, {}, "maximum cpu usage per Container is 1.  No limit is specified"),
    ({"max": {"cpu": "1"}}, {"cpu": "1"}, {"cpu": "2"}, "maximum cpu usage per Container is 1, but limit is 2"),
    (
        {"maxLimitRequestRatio": {"cpu": "2"}},
        {"cpu": "1"},
        {"cpu": "3"},
        "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
    ),
    (
        {"maxLimitRequestRatio": {"cpu": "2"}},
        {},
        {"cpu": "3"},
        "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0",
    ),
]


@pytest.mark.parametrize(("bounds", "requests", "limits", "why"), BOUNDS)
async def test_a_container_out_of_bounds_is_refused(
    bounds: dict[str, Any], requests: dict[str, str], limits: dict[str, str], why: str
) -> None:
    with pytest.raises(ApiError) as raised:
        await run(LimitRanger(world_of({"type": "Container", **bounds})), attributes(POD, asking(requests, limits)))
    assert raised.value.message == f'pods "a" is forbidden: {why}'


async def test_several_problems_stand_in_brackets() -> None:
    plugin = LimitRanger(world_of({"type": "Container", "max": {"cpu": "1", "memory": "1Mi"}}))
    with pytest.raises(ApiError) as raised:
        await run(plugin, attributes(POD, asking({}, {"cpu": "2", "memory": "2Mi"})))
    assert raised.value.message.endswith(
        "[maximum cpu usage per Container is 1, but limit is 2, "
        "maximum memory usage per Container is 1Mi, but limit is 2Mi]"
    )


async def test_a_pod_is_bounded_by_the_sum_of_its_containers() -> None:
    made = asking({"cpu": "600m"}, {"cpu": "600m"})
    made["spec"]["containers"].append({**made["spec"]["containers"][0], "name": "d"})
    with pytest.raises(ApiError, match="maximum cpu usage per Pod is 1, but limit is 1200m"):
        await run(LimitRanger(world_of({"type": "Pod", "max": {"cpu": "1"}})), attributes(POD, made))


async def test_a_claim_is_bounded_by_its_request() -> None:
    claim: Object = {"metadata": {"name": "a"}, "spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    plugin = LimitRanger(world_of({"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}))
    with pytest.raises(ApiError, match="maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"):
        await run(plugin, attributes(CLAIM, claim))


async def test_defaults_fill_what_is_left_out_and_are_told() -> None:
    plugin = LimitRanger(world_of({"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "100m"}}))
    write = await run(plugin, attributes(POD, asking({}, {"cpu": "2"})))
    assert write.obj is not None
    assert write.obj["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "100m"}, "limits": {"cpu": "2"}}
    told = write.obj["metadata"]["annotations"]["kubernetes.io/limit-ranger"]
    assert told == "LimitRanger plugin set: cpu request for container c"
