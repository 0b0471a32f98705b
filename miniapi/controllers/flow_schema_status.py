"""Says in each flow schema whether its priority level is there (the original's util/flowcontrol/apf_controller.go)."""

from __future__ import annotations

from miniapi.client.client import Client
from miniapi.client.clientset import ResourceClient
from miniapi.client.informers import SharedInformer
from miniapi.clock import Clock, rfc3339
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.meta.objects import Object

GROUP = "flowcontrol.apiserver.k8s.io"
MANAGER = "api-priority-and-fairness-config-consumer-v1"
DANGLING = "Dangling"


def dangling(schema: Object, levels: frozenset[str]) -> Object | None:
    """The condition that the schema should have, without its time; None where it has it."""
    name = ((schema.get("spec") or {}).get("priorityLevelConfiguration") or {}).get("name", "")
    about = f'This FlowSchema references the PriorityLevelConfiguration object named "{name}"'
    if name in levels:
        wanted = {"status": "False", "reason": "Found", "message": f"{about} and it exists"}
    else:
        wanted = {"status": "True", "reason": "NotFound", "message": f"{about} but there is no such object"}
    conditions = (schema.get("status") or {}).get("conditions") or ()
    found: Object = next((c for c in conditions if c.get("type") == DANGLING), {})
    if all(found.get(key) == value for key, value in wanted.items()):
        return None
    return {"type": DANGLING, **wanted}


class FlowSchemaStatus:
    """A change of a level may concern any schema: after one all are looked at, once."""

    def __init__(self, client: Client, schemas: SharedInformer, levels: SharedInformer, clock: Clock) -> None:
        self._client = ResourceClient(client, GROUP, "v1", "flowschemas")
        self._schemas, self._levels, self._clock = schemas, levels, clock
        self._queue = Queue()
        for informer in (schemas, levels):
            informer.add_handler(self._changed)

    def _changed(self, _event: str, _old: Object | None, _new: Object | None) -> None:
        self._queue.add(GROUP)

    async def run(self) -> None:
        """Until cancelled."""
        await self._schemas.synced.wait()
        await self._levels.synced.wait()
        await reconcile_all(self._queue, self._reconcile)

    async def _reconcile(self, _everything: str) -> None:
        levels = frozenset(level["metadata"]["name"] for level in self._levels.list())
        for schema in self._schemas.list():
            condition = dangling(schema, levels)
            if condition is not None:
                await self._write(schema["metadata"]["name"], condition)

    async def _write(self, name: str, condition: Object) -> None:
        stamped = {**condition, "lastTransitionTime": rfc3339(self._clock())}
        schema: Object = {
            "apiVersion": f"{GROUP}/v1",
            "kind": "FlowSchema",
            "metadata": {"name": name},
            "status": {"conditions": [stamped]},
        }
        await self._client.apply(schema, MANAGER, force=True, subresource="status")
