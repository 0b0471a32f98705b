"""EventRateLimit: who floods the server with events is told to wait."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from miniapi import errors
from miniapi.admission.interface import Attributes, Operation
from miniapi.kinds.kind import Kind

CACHE_SIZE = 4096
TYPES = ("Server", "Namespace", "User", "SourceAndObject")


@dataclass(frozen=True, slots=True)
class Limit:
    """One entry of the plugin's configuration: so many events a second, and so many at once."""

    type: str
    qps: float
    burst: int
    cache_size: int = CACHE_SIZE
    """How many namespaces, users or sources are remembered."""


class EventRateLimit:
    """Token buckets by server, namespace, user, or source and object."""

    name = "EventRateLimit"

    def __init__(self, limits: Sequence[Limit], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limits = [(limit, _Buckets(limit, monotonic)) for limit in limits]

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and kind.group_resource == "events" and not subresource

    async def validate(self, attributes: Attributes) -> None:
        if attributes.dry_run:
            return
        refused = ""
        for limit, buckets in self._limits:
            key = _key(limit.type, attributes)
            if not buckets.take(key):
                refused = f"limit reached on type {limit.type} for key {key}"
        if refused:
            raise errors.ApiError(429, "TooManyRequests", f"Too many requests: {refused}")


class _Buckets:
    """A bucket per key; those not used for longest are forgotten."""

    def __init__(self, limit: Limit, monotonic: Callable[[], float]) -> None:
        self._limit, self._monotonic = limit, monotonic
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Whether there was a token left."""
        now, burst = self._monotonic(), float(self._limit.burst)
        level, at = self._levels.pop(key, (burst, now))
        level = min(burst, level + (now - at) * self._limit.qps)
        taken = level >= 1.0
        self._levels[key] = (level - 1.0 if taken else level, now)
        if len(self._levels) > self._limit.cache_size:
            self._levels.popitem(last=False)
        return taken


def _key(kind: str, attributes: Attributes) -> str:
    if kind == "Namespace":
        return attributes.namespace
    if kind == "User":
        return attributes.user.name
    if kind == "SourceAndObject":
        event = attributes.obj or {}
        source, about = event.get("source") or {}, event.get("involvedObject") or {}
        named = [about.get(f) or "" for f in ("kind", "namespace", "name", "uid", "apiVersion")]
        return "".join([source.get("component") or "", source.get("host") or "", *named])
    return ""
