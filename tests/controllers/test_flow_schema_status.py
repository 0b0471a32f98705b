"""What a flow schema is told of its priority level."""

import asyncio

import pytest

from miniapi.client.client import Client
from miniapi.controllers.flow_schema_status import DANGLING, GROUP, dangling
from miniapi.meta.objects import Object

WAIT_SECONDS = 10.0


def schema(*conditions: Object) -> Object:
    spec = {"priorityLevelConfiguration": {"name": "p"}}
    return {"metadata": {"name": "s"}, "spec": spec, "status": {"conditions": list(conditions)}}


@pytest.mark.parametrize(("levels", "status", "reason"), [({"p"}, "False", "Found"), ({"q"}, "True", "NotFound")])
def test_a_schema_dangles_without_its_level(levels: set[str], status: str, reason: str) -> None:
    condition = dangling(schema(), frozenset(levels))
    assert condition is not None
    assert (condition["type"], condition["status"], condition["reason"]) == (DANGLING, status, reason)
    assert dangling(schema(condition), frozenset(levels)) is None


async def test_the_schemas_of_a_fresh_server_are_told_that_their_levels_exist(cluster: Client) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            found = await cluster.get(GROUP, "v1", "flowschemas", "", "exempt")
            conditions = found["status"].get("conditions")
            if conditions and conditions[0]["status"] == "False":
                break
            await asyncio.sleep(0.02)
    managers = {m["manager"] for m in found["metadata"]["managedFields"]}
    assert managers == {"api-priority-and-fairness-config-producer-v1", "api-priority-and-fairness-config-consumer-v1"}
