"""Says in each remote APIService's status whether it can be reached (kube-aggregator's status controllers)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

import orjson
from multidict import CIMultiDict

from miniapi.aggregator.local import GROUP
from miniapi.aggregator.remote import Proxy, Remote, RemoteServices
from miniapi.aggregator.remote_kinds import RemoteKinds, rows_of
from miniapi.client.client import Client
from miniapi.client.informers import SharedInformer
from miniapi.client.services import ServiceUnavailable
from miniapi.clock import rfc3339
from miniapi.errors import ApiError
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object, copy
from miniapi.meta.user import UserInfo
from miniapi.wire import Request, no_body

log = logging.getLogger("miniapi.aggregator")

RECHECK_SECONDS = 30.0
RECHECK_UNAVAILABLE_SECONDS = 2.0
TIMEOUT_SECONDS = 5.0
AGGREGATOR = UserInfo("system:kube-aggregator", groups=("system:masters",))


class Availability:
    """Looks when an APIService changes, and again after a while; sleeps where none is remote."""

    def __init__(
        self,
        client: Client,
        api_services: SharedInformer,
        services: RemoteServices,
        proxy: Proxy,
        kinds: RemoteKinds,
        now: Callable[[], datetime],
    ) -> None:
        self._client, self._api_services = client, api_services
        self._services, self._proxy, self._kinds, self._now = services, proxy, kinds, now
        self._wake = asyncio.Event()
        api_services.add_handler(self._changed)

    def _changed(self, _event: str, old: Object | None, new: Object | None) -> None:
        # A status alone is what this wrote itself.
        told = [obj["spec"] for obj in (old, new) if obj is not None]
        if any(spec.get("service") for spec in told) and (len(told) == 1 or told[0] != told[1]):
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            table = self._services.table()
            remotes = list(table.values())
            self._kinds.keep(set(table))
            results = await asyncio.gather(*(self._check(remote) for remote in remotes))
            for name in self._came_home():
                await self._tell(name, "True", "Local", "Local APIServices are always available")
            pause = None
            if remotes:
                pause = RECHECK_SECONDS if all(results) else RECHECK_UNAVAILABLE_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    def _came_home(self) -> list[str]:
        """The names of those that had a service and are now said to be served here."""
        return [
            obj["metadata"]["name"]
            for obj in self._api_services.list()
            if not obj["spec"].get("service") and _available(obj).get("reason") != "Local"
        ]

    async def _check(self, remote: Remote) -> bool:
        status, reason, message = "True", "Passed", "all checks passed"
        rows: list[Kind] = []
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                rows = await self._discover(remote)
        except ServiceUnavailable as problem:
            status, reason, message = "False", problem.reason, str(problem)
        except TimeoutError:
            status, reason = "False", "FailedDiscoveryCheck"
            message = f"failing or missing response from {_url(remote)}: context deadline exceeded"
        except ConnectionError as problem:
            status, reason = "False", "FailedDiscoveryCheck"
            message = f"failing or missing response from {_url(remote)}: {problem}"
        self._kinds.put(remote.group, remote.version, rows)
        await self._tell(remote.name, status, reason, message)
        return status == "True"

    async def _discover(self, remote: Remote) -> list[Kind]:
        path = f"/apis/{remote.group}/{remote.version}"
        request = Request("GET", path, "", CIMultiDict({"Accept": "application/json"}), no_body)
        reply = await self._proxy.forward(remote, request, AGGREGATOR)
        body = b"".join([chunk async for chunk in reply.stream]) if reply.stream is not None else reply.body
        # 401 and 403 prove a server that answers; whom it lets in is its own affair.
        if reply.status >= 500 or reply.status == 404:
            raise ConnectionError(f"bad status from {_url(remote)}: {reply.status}")
        if reply.status != 200:
            return []
        try:
            return rows_of(remote.group, remote.version, orjson.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConnectionError(f"{_url(remote)} answers something else than an APIResourceList") from None

    async def _tell(self, name: str, status: str, reason: str, message: str) -> None:
        current = self._api_services.get("", name)
        if current is None:
            return
        said = {"message": message, "reason": reason, "status": status, "type": "Available"}
        conditions = list((current.get("status") or {}).get("conditions") or ())
        before = next((c for c in conditions if c["type"] == "Available"), None)
        if before is not None and {k: before.get(k) for k in said} == said:
            return
        moved = before is None or before["status"] != status
        said["lastTransitionTime"] = rfc3339(self._now()) if moved or before is None else before["lastTransitionTime"]
        changed = copy(current)
        changed["status"] = {"conditions": [c for c in conditions if c["type"] != "Available"] + [said]}
        try:
            await self._client.update(GROUP, "v1", "apiservices", "", changed, "status")
        except ApiError as problem:
            if problem.code not in (404, 409):
                log.warning("the status of APIService %s was not written: %s", name, problem)
            self._wake.set()


def _available(obj: Object) -> Object:
    """The condition, empty where nothing is said."""
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((c for c in conditions if c["type"] == "Available"), {})


def _url(remote: Remote) -> str:
    service = f"{remote.service_name}.{remote.service_namespace}.svc"
    return f"https://{service}:{remote.port}/apis/{remote.group}/{remote.version}"
