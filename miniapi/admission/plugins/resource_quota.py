"""ResourceQuota: what a namespace holds stays within its quotas, exactly, however many write at once.

Writes of a namespace are counted one batch after the other: those that came while a batch was being counted
make up the next one, so that many concurrent writes cost one update of the quota.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from miniapi import errors
from miniapi.admission.interface import Attributes, Lister, Operation, Writer
from miniapi.admission.quota.builtin import evaluator
from miniapi.admission.quota.check import LimitedResource, Running, charge, running
from miniapi.admission.quota.interface import Evaluator, write
from miniapi.errors import ApiError
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import copy

RETRIES = 3
TIMEOUT_SECONDS = 10.0


@dataclass(eq=False, slots=True)
class _Waiter:
    attributes: Attributes
    evaluator: Evaluator
    result: asyncio.Future[None]


class ResourceQuota:
    """Charges writes to quotas: `lister` tells cheaply whether there are some, `live` reads what they say now."""

    name = "ResourceQuota"

    def __init__(self, lister: Lister, live: Lister, writer: Writer, limited: Sequence[LimitedResource] = ()) -> None:
        self._lister, self._live, self._writer, self._limited = lister, live, writer, tuple(limited)
        self._evaluators: dict[tuple[str, str], Evaluator | None] = {}
        self._waiting: dict[str, list[_Waiter]] = {}
        self._counting: dict[str, asyncio.Task[None]] = {}

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        if not kind.namespaced or operation not in ("CREATE", "UPDATE"):
            return False
        if subresource and (kind.group_resource, subresource) not in _SUBRESOURCES:
            return False
        found = self._evaluator(kind)
        return found is not None and found.handles(operation, subresource)

    def _evaluator(self, kind: Kind) -> Evaluator | None:
        key = (kind.gvk.group, kind.plural)
        if key not in self._evaluators:
            self._evaluators[key] = evaluator(*key)
        return self._evaluators[key]

    async def validate(self, attributes: Attributes) -> None:
        namespace, counting = attributes.namespace, self._evaluator(attributes.kind)
        if counting is None or not namespace:
            return
        if not self._limited and not await self._lister.list("", "resourcequotas", namespace):
            return
        waiter = _Waiter(attributes, counting, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._evaluate(namespace, waiter)
        except TimeoutError:
            raise errors.internal("resource quota evaluation timed out") from None

    async def _evaluate(self, namespace: str, waiter: _Waiter) -> None:
        """Joins the batch that is counted next."""
        waiting = self._waiting.get(namespace)
        if waiting is None:
            waiting = self._waiting[namespace] = []
            self._counting[namespace] = asyncio.get_running_loop().create_task(self._drain(namespace, waiting))
        waiting.append(waiter)
        await waiter.result

    async def _drain(self, namespace: str, waiting: list[_Waiter]) -> None:
        """A task of its own, which no request that gives up can leave half done; it ends when nobody waits."""
        try:
            while waiting:
                batch = [w for w in waiting if not w.result.done()]
                waiting.clear()
                for waiter, problem in (await self._count(namespace, batch)).items():
                    _settle(waiter, problem)
        finally:
            del self._waiting[namespace], self._counting[namespace]
            for waiter in waiting:
                waiter.result.cancel()

    async def _count(self, namespace: str, batch: Sequence[_Waiter]) -> dict[_Waiter, ApiError | None]:
        """How each write ends. Quotas that somebody else changed meanwhile are counted again."""
        done: set[str] = set()
        for left in range(RETRIES, -1, -1):
            found = running(await self._live.list("", "resourcequotas", namespace))
            quotas = [q for q in found if q.name not in done]
            ends: dict[_Waiter, ApiError | None] = {}
            for waiter in batch:
                try:
                    charge(quotas, waiter.attributes, waiter.evaluator, self._limited)
                    ends[waiter] = None
                except ApiError as problem:
                    ends[waiter] = problem
            try:
                for q in quotas:
                    if q.changed:
                        await self._update(q)
                        done.add(q.name)
                break
            except ApiError as problem:
                if not left or problem.code not in (404, 409):
                    return {waiter: ends[waiter] or problem for waiter in batch}
        return ends

    async def _update(self, q: Running) -> None:
        quota = copy(q.quota)
        quota.setdefault("status", {})["used"] = write(q.used)
        await self._writer.update("", "v1", "resourcequotas", quota["metadata"]["namespace"], quota, "status")


_SUBRESOURCES = frozenset({("pods", "resize"), ("persistentvolumeclaims", "status")})


def _settle(waiter: _Waiter, problem: ApiError | None) -> None:
    if waiter.result.done():
        return
    if problem is None:
        waiter.result.set_result(None)
    else:
        waiter.result.set_exception(problem)
        waiter.result.exception()  # told to its waiter, who may have gone
