"""Keeps the status of disruption budgets: how many pods are healthy, how many may go (pkg/controller/disruption)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from miniapi.client.client import Client
from miniapi.client.informers import SharedInformerFactory
from miniapi.clock import Clock, rfc3339
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.errors import ApiError
from miniapi.meta.disruption import is_ready, update_disruption_allowed
from miniapi.meta.gvk import parse_api_version
from miniapi.meta.objects import Object, copy
from miniapi.meta.selectors import label_selector

GROUP, VERSION, PLURAL = "policy", "v1", "poddisruptionbudgets"
DELETION_TIMEOUT_SECONDS = 120
"""How long a pod that was to be evicted counts as gone though it is still there."""
_SCALABLE = {
    "ReplicaSet": "replicasets",
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "ReplicationController": "replicationcontrollers",
}


class Disruption:
    """Counts again when a budget or a pod that it selects changes."""

    def __init__(self, client: Client, informers: SharedInformerFactory, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._budgets = informers.informer(GROUP, VERSION, PLURAL)
        self._pods = informers.informer("", "v1", "pods")
        self._queue = Queue()
        self._budgets.add_handler(self._budget_changed)
        budgets = self._budgets
        self._pods.add_handler(self._pod_changed, concerns=lambda _event, key: not budgets.is_empty(key[0]))

    async def run(self) -> None:
        """Until cancelled."""
        await reconcile_all(self._queue, self._reconcile)

    def _budget_changed(self, _event: str, _old: Object | None, new: Object | None) -> None:
        if new is not None:
            self._queue.add(_name(new))

    def _pod_changed(self, _event: str, old: Object | None, new: Object | None) -> None:
        for pod in (old, new):
            for budget in self._budgets.list(pod["metadata"]["namespace"]) if pod is not None else ():
                if pod is not None and _selects(budget, pod):
                    self._queue.add(_name(budget))

    async def _reconcile(self, key: str) -> None:
        namespace, name = key.split("/", 1)
        budget = await self._client.get(GROUP, VERSION, PLURAL, namespace, name)
        pods = [p for p in self._pods.list(namespace) if _selects(budget, p)]
        now = self._clock()
        disrupted, recheck_seconds = _disrupted(budget, pods, now)
        expected, desired = await self._wanted(budget, pods)
        healthy = sum(
            is_ready(p) and not p["metadata"].get("deletionTimestamp") and p["metadata"]["name"] not in disrupted
            for p in pods
        )
        changed = copy(budget)
        status = changed["status"] = {
            **(changed.get("status") or {}),
            "observedGeneration": budget["metadata"].get("generation", 0),
            "disruptionsAllowed": max(healthy - desired, 0) if expected > 0 else 0,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
        }
        status.pop("disruptedPods", None)
        if disrupted:
            status["disruptedPods"] = disrupted
        update_disruption_allowed(changed, rfc3339(now))
        if recheck_seconds:
            asyncio.get_running_loop().call_later(recheck_seconds, self._queue.add, key)
        if status != (budget.get("status") or {}):
            await self._client.update(GROUP, VERSION, PLURAL, namespace, changed, "status")

    async def _wanted(self, budget: Object, pods: Sequence[Object]) -> tuple[int, int]:
        """(how many pods there should be, how many of them healthy)."""
        spec = budget["spec"]
        if spec.get("maxUnavailable") is not None:
            expected = await self._replicas(pods)
            return expected, max(expected - _scaled(spec["maxUnavailable"], expected), 0)
        least = spec.get("minAvailable")
        if isinstance(least, int):
            return len(pods), least
        if least is None:
            return len(pods), 1
        expected = await self._replicas(pods)
        return expected, _scaled(least, expected)

    async def _replicas(self, pods: Sequence[Object]) -> int:
        """What the pods' controllers want in sum; pods of nobody do not count."""
        wanted: dict[str, int] = {}
        for pod in pods:
            ref = _controller(pod)
            if ref is not None and ref["uid"] not in wanted:
                wanted[ref["uid"]] = 0
                uid, replicas = await self._scale(pod["metadata"]["namespace"], ref)
                wanted[uid] = replicas
        return sum(wanted.values())

    async def _scale(self, namespace: str, ref: Object) -> tuple[str, int]:
        """(uid of the topmost controller, its replicas): a ReplicaSet's Deployment counts in its place."""
        plural = _SCALABLE.get(ref["kind"])
        if plural is None:
            return ref["uid"], 0
        group, version = parse_api_version(ref["apiVersion"])
        try:
            found = await self._client.get(group, version, plural, namespace, ref["name"])
        except ApiError as problem:
            if problem.code != 404:
                raise
            return ref["uid"], 0
        above = _controller(found)
        if above is not None and above["kind"] in _SCALABLE:
            return await self._scale(namespace, above)
        return found["metadata"]["uid"], (found.get("spec") or {}).get("replicas", 1)


def _disrupted(budget: Object, pods: Sequence[Object], now: datetime) -> tuple[dict[str, str], float]:
    """(evicted pods that are still to go, seconds until the first of them counts again)."""
    known = (budget.get("status") or {}).get("disruptedPods") or {}
    left: dict[str, str] = {}
    first = 0.0
    for pod in pods:
        name = pod["metadata"]["name"]
        if name not in known or pod["metadata"].get("deletionTimestamp"):
            continue
        until = datetime.fromisoformat(known[name]) + timedelta(seconds=DELETION_TIMEOUT_SECONDS)
        seconds = (until - now).total_seconds()
        if seconds > 0:
            left[name] = known[name]
            first = min(first or seconds, seconds)
    return left, first


def _selects(budget: Object, pod: Object) -> bool:
    if budget["metadata"]["namespace"] != pod["metadata"]["namespace"]:
        return False
    return label_selector(budget["spec"].get("selector"))(pod["metadata"].get("labels") or {})


def _scaled(value: int | str, total: int) -> int:
    """An absolute number, or a percentage of the total, rounded up."""
    return value if isinstance(value, int) else -(-int(value.rstrip("%")) * total // 100)


def _controller(obj: Object) -> Object | None:
    return next((r for r in obj["metadata"].get("ownerReferences") or () if r.get("controller")), None)


def _name(budget: Object) -> str:
    return f"{budget['metadata']['namespace']}/{budget['metadata']['name']}"
