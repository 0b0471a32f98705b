"""Keeps the status of quotas: what is enforced, and what is used (pkg/controller/resourcequota)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from miniapi import errors
from miniapi.admission.quota.builtin import evaluator
from miniapi.admission.quota.interface import Amounts, Evaluator, add, parse, scopes_of, write
from miniapi.client.client import Client
from miniapi.client.informers import SharedInformer, SharedInformerFactory
from miniapi.clock import Clock
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object, copy
from miniapi.meta.quantity import ZERO

SETTLE_SECONDS = 0.1
"""Between a look at a quota and the count: what was admitted before the look is stored by then, and what is
admitted after it changes the quota, which makes our write fail and the count start again."""

SYNC_SECONDS = 5.0

Counted = tuple[Kind, Evaluator]


class ResourceQuotas:
    """Counts again when a quota changes or something that it counts goes away.

    Kinds are followed once a quota names them.
    """

    def __init__(
        self,
        client: Client,
        informers: SharedInformerFactory,
        kinds: Iterable[Kind],
        custom_kinds: Callable[[], Iterable[Kind]],
        clock: Clock,
    ) -> None:
        self._client, self._informers, self._clock = client, informers, clock
        self._custom_kinds = custom_kinds
        self._quotas = informers.informer("", "v1", "resourcequotas")
        self._counted = list(_counted(kinds))
        self._followed: dict[tuple[str, str], SharedInformer] = {}
        self._queue = Queue()
        self._quotas.add_handler(self._quota_changed)

    async def run(self) -> None:
        """Until cancelled."""
        await reconcile_all(self._queue, self._reconcile)

    def _quota_changed(self, _event: str, old: Object | None, new: Object | None) -> None:
        if new is None:
            return
        status = new.get("status") or {}
        if old is None or old["spec"] != new["spec"] or status.get("hard") != new["spec"].get("hard"):
            self._queue.add(_name(new))

    def _object_changed(self, old: Object | None, new: Object | None, counting: Evaluator) -> None:
        """Creates are counted by admission; here is what makes room."""
        if old is None:
            return
        now = self._clock()
        if new is not None and counting.usage(new, now) == counting.usage(old, now):
            return
        for quota in self._quotas.list(old["metadata"].get("namespace", "")):
            if any(counting.matching(name) for name in quota["spec"].get("hard") or ()):
                self._queue.add(_name(quota))

    async def _reconcile(self, key: str) -> None:
        namespace, name = key.split("/", 1)
        quota = await self._client.get("", "v1", "resourcequotas", namespace, name)
        hard = quota["spec"].get("hard") or {}
        every = (*self._counted, *_counted(self._custom_kinds()))
        counted = [(k, e) for k, e in every if any(e.matching(n) for n in hard)]
        await self._follow(counted)
        await asyncio.sleep(SETTLE_SECONDS)
        used = self._used(quota, counted, self._clock())
        status = quota.get("status") or {}
        if status.get("hard") == hard and write(parse(status.get("used"))) == write(used):
            return
        changed = copy(quota)
        changed["status"] = {"hard": hard, "used": write(used)}
        await self._client.update("", "v1", "resourcequotas", namespace, changed, "status")

    async def _follow(self, counted: Sequence[Counted]) -> None:
        for kind, counting in counted:
            group, version, place = kind.gvk.group, kind.gvk.version, (kind.gvk.group, kind.plural)
            if place not in self._followed:
                informer = self._followed[place] = self._informers.informer(group, version, kind.plural)

                def changed(_event: str, old: Object | None, new: Object | None, e: Evaluator = counting) -> None:
                    self._object_changed(old, new, e)

                informer.add_handler(changed, concerns=lambda event, _key: event != "ADDED")
            try:
                async with asyncio.timeout(SYNC_SECONDS):
                    await self._followed[place].synced.wait()
            except TimeoutError:
                raise errors.timeout(f"{kind.group_resource} could not be listed in time") from None

    def _used(self, quota: Object, counted: Sequence[Counted], now: datetime) -> Amounts:
        """What the quota's namespace holds of what the quota limits, in its scopes."""
        namespace, scopes = quota["metadata"]["namespace"], scopes_of(quota)
        hard = quota["spec"].get("hard") or {}
        total: Amounts = {}
        for kind, counting in counted:
            names = [n for n in hard if counting.matching(n)]
            total |= {n: total.get(n, ZERO) for n in names}
            for obj in self._followed[kind.gvk.group, kind.plural].list(namespace):
                if all(counting.in_scope(scope, obj) for scope in scopes):
                    usage = counting.usage(obj, now)
                    total = add(total, {n: usage[n] for n in names if n in usage})
        return total


def _counted(kinds: Iterable[Kind]) -> Iterable[Counted]:
    """Each namespaced kind once, in its preferred version."""
    seen: set[tuple[str, str]] = set()
    for kind in kinds:
        place = (kind.gvk.group, kind.plural)
        counting = evaluator(*place)
        if counting is not None and kind.namespaced and "watch" in kind.verbs and place not in seen:
            seen.add(place)
            yield kind, counting


def _name(quota: Object) -> str:
    return f"{quota['metadata']['namespace']}/{quota['metadata']['name']}"
