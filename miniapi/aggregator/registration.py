"""Keeps an APIService for each group and version served here, CRDs included (autoregister, crdregistration)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable

from miniapi.aggregator.local import ALWAYS, AUTOMANAGED, GROUP, ON_START, builtin, custom
from miniapi.client.client import Client
from miniapi.client.informers import SharedInformer
from miniapi.errors import ApiError
from miniapi.meta.objects import Object

log = logging.getLogger("miniapi.aggregator")

SETTLE_SECONDS = 0.05
"""CRDs come in numbers: what they ask for is looked at together."""
NOT_MINE_TO_TELL = (404, 409)
"""Another process was quicker."""


class Registration:
    """Writes what is missing, mends what differs, deletes what it once wrote and nothing asks for any more."""

    def __init__(
        self, client: Client, api_services: SharedInformer, crds: SharedInformer, served: Iterable[tuple[str, str]]
    ) -> None:
        self._client, self._api_services, self._crds = client, api_services, crds
        rows = [row for group, version in served if (row := builtin(group, version)) is not None]
        self._builtin: dict[str, Object] = {row["metadata"]["name"]: row for row in rows}
        self._wake = asyncio.Event()
        self.complete = False
        """Whether all that this server serves has been registered once."""
        crds.add_handler(lambda *_: self._wake.set())

    async def run(self) -> None:
        """Until cancelled."""
        await self._api_services.synced.wait()
        await self._crds.synced.wait()
        await self._mend(self._builtin, ON_START)
        self.complete = True
        while True:
            await self._mend(self._wanted_for_crds(), ALWAYS)
            await self._wake.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            self._wake.clear()

    def _wanted_for_crds(self) -> dict[str, Object]:
        wanted: dict[str, Object] = {}
        for crd in self._crds.list():
            if not _established(crd):
                continue
            spec = crd["spec"]
            for version in spec["versions"]:
                row = custom(spec["group"], version["name"])
                if version.get("served") and row["metadata"]["name"] not in self._builtin:
                    wanted[row["metadata"]["name"]] = row
        return wanted

    async def _mend(self, wanted: dict[str, Object], label: str) -> None:
        there: dict[str, Object] = {o["metadata"]["name"]: o for o in self._api_services.list()}
        ours = [n for n, o in there.items() if (o["metadata"].get("labels") or {}).get(AUTOMANAGED) == label]
        work = [self._create(row) for name, row in wanted.items() if name not in there]
        work += [
            self._update(there[n], wanted[n]) for n in ours if n in wanted and there[n]["spec"] != wanted[n]["spec"]
        ]
        work += [self._delete(name) for name in ours if name not in wanted]
        await asyncio.gather(*work)

    async def _create(self, row: Object) -> None:
        await self._tell("create", row["metadata"]["name"], self._client.create(GROUP, "v1", "apiservices", "", row))

    async def _update(self, there: Object, row: Object) -> None:
        changed = {**there, "spec": row["spec"]}
        await self._tell(
            "update", row["metadata"]["name"], self._client.update(GROUP, "v1", "apiservices", "", changed)
        )

    async def _delete(self, name: str) -> None:
        await self._tell("delete", name, self._client.delete(GROUP, "v1", "apiservices", "", name))

    async def _tell(self, what: str, name: str, call: Awaitable[object]) -> None:
        try:
            await call
        except ApiError as problem:
            if problem.code not in NOT_MINE_TO_TELL:
                log.warning("cannot %s APIService %s: %s", what, name, problem)


def _established(crd: Object) -> bool:
    conditions = (crd.get("status") or {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
