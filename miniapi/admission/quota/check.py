"""Whether a write fits into the quotas of its namespace, as a pure function (resourcequota's CheckRequest)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from miniapi import errors
from miniapi.admission.interface import Attributes
from miniapi.admission.quota.interface import Amounts, Evaluator, Scope, add, covers, growth, parse, scopes_of
from miniapi.admission.refusal import forbidden
from miniapi.meta import quantity
from miniapi.meta.objects import Object


@dataclass(slots=True)
class Running:
    """A quota while writes are counted against it."""

    quota: Object
    hard: Amounts
    """status.hard: what is enforced."""
    used: Amounts
    changed: bool = False

    @property
    def name(self) -> str:
        """The quota's name."""
        found: str = self.quota["metadata"]["name"]
        return found


@dataclass(frozen=True, slots=True)
class LimitedResource:
    """A resource that needs a quota to be used at all (ResourceQuotaConfiguration.limitedResources)."""

    group: str
    plural: str
    match_contains: tuple[str, ...] = ()
    match_scopes: tuple[Scope, ...] = field(default=())


def running(quotas: Iterable[Object]) -> list[Running]:
    """Quotas as they stand, in the order of their names."""
    found = []
    for quota in sorted(quotas, key=lambda q: str(q["metadata"]["name"])):
        status = quota.get("status") or {}
        found.append(Running(quota, parse(status.get("hard")), parse(status.get("used"))))
    return found


def charge(
    quotas: Sequence[Running], write: Attributes, evaluator: Evaluator, limited: Sequence[LimitedResource] = ()
) -> None:
    """Counts the write in `quotas`. ApiError 403 where it does not fit into one: then nothing is counted."""
    obj = write.obj or {}
    covering = [q for q in quotas if _covers(q, write, evaluator, obj)]
    if not covering and not limited:
        return
    usage = evaluator.usage(obj, write.now)
    negative = [name for name, value in usage.items() if quantity.sign(value) < 0]
    if negative:
        raise forbidden(write, f"quota usage is negative for resource(s): {','.join(sorted(negative))}")
    deltas = [_delta(q, write, evaluator, usage) for q in covering]
    if not any(deltas) and (covering or not _delta(None, write, evaluator, usage)):
        return
    if limited:
        _check_limited(quotas, covering, write, evaluator, limited, usage)
    counted = [_fitting(q, write, delta) for q, delta in zip(covering, deltas, strict=True)]
    if not write.dry_run:
        for q, used in zip(covering, counted, strict=True):
            q.changed = q.changed or used != q.used
            q.used = used


def _covers(q: Running, write: Attributes, evaluator: Evaluator, obj: Object) -> bool:
    """Whether the quota limits the object; 403 where that cannot be told yet."""
    if not covers(evaluator, q.quota, q.hard, obj):
        return False
    limited = [name for name in q.hard if evaluator.matching(name)]
    problem = evaluator.problem(limited, obj)
    if problem:
        raise forbidden(write, f"failed quota: {q.name}: {problem}")
    if any(name not in q.used for name in limited):
        raise forbidden(write, f"status unknown for quota: {q.name}, resources: {','.join(sorted(limited))}")
    return True


def _delta(q: Running | None, write: Attributes, evaluator: Evaluator, usage: Amounts) -> Amounts:
    """What the write adds: for an update of an object that counted already, by how much it grew."""
    old = write.old
    counted_before = old is not None and write.operation == "UPDATE" and bool(old["metadata"].get("resourceVersion"))
    if counted_before and old is not None and (q is None or covers(evaluator, q.quota, q.hard, old)):
        return growth(usage, evaluator.usage(old, write.now))
    return {name: value for name, value in usage.items() if quantity.sign(value)}


def _fitting(q: Running, write: Attributes, delta: Amounts) -> Amounts:
    """What would be used; 403 where it is more than is allowed."""
    requested = {name: value for name, value in delta.items() if name in q.hard}
    used = add(q.used, requested)
    if write.subresource == "status":
        return used
    exceeded = sorted(name for name in requested if quantity.compare(used[name], q.hard[name]) > 0)
    if exceeded:
        asked, before, limit = (_shown(of, exceeded) for of in (requested, q.used, q.hard))
        raise forbidden(write, f"exceeded quota: {q.name}, requested: {asked}, used: {before}, limited: {limit}")
    return used


def _shown(amounts: Amounts, names: Sequence[str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in names if name in amounts)


def _check_limited(
    quotas: Sequence[Running],
    covering: Sequence[Running],
    write: Attributes,
    evaluator: Evaluator,
    limited: Sequence[LimitedResource],
    usage: Amounts,
) -> None:
    """403 for what is used though no quota covers it."""
    place = (write.kind.gvk.group, write.kind.plural)
    contained = [part for of in limited if (of.group, of.plural) == place for part in of.match_contains]
    used = {n for n, v in usage.items() if quantity.sign(v) > 0 and any(part in n for part in contained)}
    uncovered = sorted(used - {name for q in covering for name in q.hard if evaluator.matching(name)})
    if uncovered:
        raise forbidden(write, f"insufficient quota to consume: {','.join(uncovered)}")
    obj = write.obj or {}
    asked: list[Any] = [s for of in limited for s in of.match_scopes if evaluator.in_scope(s, obj)]
    known = {s["scopeName"] for q in quotas for s in scopes_of(q.quota) if evaluator.in_scope(s, obj)}
    missing = [s for s in asked if s["scopeName"] not in known]
    if missing:
        shown = " ".join(
            f"{{{s['scopeName']} {s.get('operator', '')} [{' '.join(s.get('values') or ())}]}}" for s in missing
        )
        raise errors.server_error(f"insufficient quota to match these scopes: [{shown}]")
