"""Deletes jobs some time after they finished, where they ask for it (pkg/controller/ttlafterfinished)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from miniapi.client.client import Client
from miniapi.client.informers import SharedInformer
from miniapi.clock import Clock
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.meta.disruption import condition_of
from miniapi.meta.objects import Object


class TtlAfterFinished:
    """Looks at a job when it changes, and again when its time is up."""

    def __init__(self, client: Client, jobs: SharedInformer, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._queue = Queue()
        jobs.add_handler(self._changed)

    def _changed(self, _event: str, _old: Object | None, new: Object | None) -> None:
        if new is not None and _due(new) is not None:
            self._queue.add(f"{new['metadata']['namespace']}/{new['metadata']['name']}")

    async def run(self) -> None:
        """Until cancelled."""
        await reconcile_all(self._queue, self._reconcile)

    async def _reconcile(self, key: str) -> None:
        namespace, name = key.split("/", 1)
        job = await self._client.get("batch", "v1", "jobs", namespace, name)
        due = _due(job)
        if due is None:
            return
        left = (due - self._clock()).total_seconds()
        if left > 0:
            asyncio.get_running_loop().call_later(left, self._queue.add, key)
            return
        options = {"propagationPolicy": "Foreground", "preconditions": {"uid": job["metadata"]["uid"]}}
        await self._client.delete("batch", "v1", "jobs", namespace, name, options)


def _due(job: Object) -> datetime | None:
    """When the job is to go; None where it stays, runs or goes already."""
    seconds = job["spec"].get("ttlSecondsAfterFinished")
    if seconds is None or job["metadata"].get("deletionTimestamp"):
        return None
    for kind in ("Complete", "Failed"):
        condition = condition_of(job.get("status") or {}, kind)
        if condition is not None and condition.get("status") == "True" and condition.get("lastTransitionTime"):
            return datetime.fromisoformat(condition["lastTransitionTime"]) + timedelta(seconds=seconds)
    return None
