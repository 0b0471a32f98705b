"""Counts requests (apiserver/pkg/endpoints/metrics): a few integers per kind of request, labelled when scraped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from time import perf_counter
from typing import Final

from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.endpoints.filters.in_flight import InFlight
from miniapi.meta.request_info import RequestInfo
from miniapi.metrics.family import Distribution, Family, Labels
from miniapi.wire import JSON, Reply

SECONDS: Final = (
    *(0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3),
    *(4, 5, 6, 8, 10, 15, 20, 30, 45, 60),
)
SLI_SECONDS: Final = SECONDS[2:]
BYTES: Final = tuple(1000.0 * 10**n for n in range(7))

_READS: Final = frozenset({"get", "list"})
_VERBS: Final = {
    "get": "GET",
    "head": "GET",
    "list": "LIST",
    "create": "POST",
    "post": "POST",
    "update": "PUT",
    "put": "PUT",
    "patch": "PATCH",
    "apply": "APPLY",
    "delete": "DELETE",
    "deletecollection": "DELETE",
    "watch": "WATCH",
}
_CONNECTS: Final = frozenset({"log", "exec", "portforward", "attach", "proxy"})
_APPLY: Final = "application/apply-patch+yaml"
_SCOPES: Final = ("", "cluster", "namespace", "resource")
_WHAT: Final = ("verb", "group", "version", "resource", "subresource", "scope", "component")
_WITH_DRY_RUN: Final = ("verb", "dry_run", *_WHAT[1:])

Key = tuple[str, str, str, str, str, int, str, bool]
"""Verb, group, version, resource, subresource or path, scope, dry run, whether the server asks itself."""


class _Series:
    """One kind of request."""

    __slots__ = ("codes", "seconds", "sizes")

    def __init__(self) -> None:
        self.codes: dict[int, int] = {}
        self.seconds = Distribution(SECONDS)
        self.sizes = Distribution(BYTES)


class RequestMetrics:
    """`known` says whether a group, version and resource is served: names that clients make up are not counted."""

    def __init__(self, known: Callable[[str, str, str], bool], in_flight: InFlight) -> None:
        self._known, self._in_flight = known, in_flight
        self._series: dict[Key, _Series] = {}
        self._running: dict[Key, int] = {}
        self._events: dict[Labels, int] = {}

    def filter(self) -> Filter:
        """Outside of what turns errors into answers."""

        def wrap(handler: Handler) -> Handler:
            async def handle(context: Context) -> Reply:
                started = perf_counter()
                reply = await handler(context)
                key = _key(context)
                if reply.stream is None:
                    self._record(key, reply.status, perf_counter() - started, len(reply.body))
                else:
                    reply.stream = self._counted(reply, reply.stream, key, started)
                return reply

            return handle

        return wrap

    def _record(self, key: Key, status: int, seconds: float, size: int) -> None:
        series = self._series.get(key)
        if series is None:
            key = self._bounded(key, status)
            series = self._series.setdefault(key, _Series())
        series.codes[status] = series.codes.get(status, 0) + 1
        series.seconds.observe(seconds)
        if key[0] in _READS:
            series.sizes.observe(size)

    def _bounded(self, key: Key, status: int) -> Key:
        """The key without what only the client has named."""
        verb, group, version, resource, subresource, scope, dry_run, own = key
        if status < 400 or (resource and self._known(group, version, resource)):
            return key
        del subresource
        return (verb, "", "", "", "", scope, dry_run, own)

    async def _counted(
        self, reply: Reply, stream: AsyncIterator[bytes], key: Key, started: float
    ) -> AsyncIterator[bytes]:
        what = (key[1], key[2], key[3])
        is_watch, is_json = key[0] == "watch", reply.content_type.startswith(JSON)
        self._running[key] = self._running.get(key, 0) + 1
        try:
            async for chunk in stream:
                if is_watch:
                    self._events[what] = self._events.get(what, 0) + (chunk.count(b"\n") if is_json else _frames(chunk))
                yield chunk
        finally:
            self._running[key] -= 1
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
            self._record(key, reply.status, perf_counter() - started, 0)

    async def families(self) -> Iterable[Family]:
        """What was counted."""
        total = Family("apiserver_request_total", "counter", _TOTAL, (*_WITH_DRY_RUN, "code"))
        duration = Family("apiserver_request_duration_seconds", "histogram", _DURATION, _WITH_DRY_RUN)
        sli = Family("apiserver_request_sli_duration_seconds", "histogram", _SLI, _WHAT)
        sizes = Family("apiserver_response_sizes", "histogram", _SIZES, _WHAT)
        own = Family("apiserver_selfrequest_total", "counter", _OWN, ("verb", "group", "resource", "subresource"))
        for key, series in list(self._series.items()):
            labels, dry_run = _labels(key), key[6]
            with_dry_run = (labels[0], dry_run, *labels[1:])
            for code, count in series.codes.items():
                total.count((*with_dry_run, str(code)), count)
            duration.merge(with_dry_run, series.seconds)
            if not dry_run:
                sli.merge(labels, series.seconds.coarser(SLI_SECONDS))
            if key[0] in _READS:
                sizes.merge(labels, series.sizes)
            if key[7]:
                own.count((labels[0], labels[1], labels[3], labels[4]), sum(series.codes.values()))
        return [total, duration, sli, sizes, own, *self._gauges()]

    def _gauges(self) -> Iterable[Family]:
        running = Family("apiserver_longrunning_requests", "gauge", _RUNNING, _WHAT)
        for key, count in self._running.items():
            running.count(_labels(key), count)
        events = Family("apiserver_watch_events_total", "counter", _EVENTS, ("group", "version", "resource"))
        events.values = {labels: float(count) for labels, count in self._events.items()}
        in_flight = Family("apiserver_current_inflight_requests", "gauge", _IN_FLIGHT, ("request_kind",))
        in_flight.values = {("readOnly",): self._in_flight.reads, ("mutating",): self._in_flight.writes}
        return running, events, in_flight


def _key(context: Context) -> Key:
    info = context.info
    verb = info.verb
    if verb == "patch" and context.request.headers.get("Content-Type") == _APPLY:
        verb = "apply"
    if not info.resource_request:
        return (verb, "", "", "", info.path, 0, "", context.request.peer.loopback)
    scope = 3 if info.name or verb == "create" else 2 if info.namespace else 1
    dry_run = _dry_run(info) if info.query else ""
    return (
        verb,
        info.group,
        info.version,
        info.resource,
        info.subresource,
        scope,
        dry_run,
        context.request.peer.loopback,
    )


def _dry_run(info: RequestInfo) -> str:
    values = {value for name, value in info.query if name == "dryRun"}
    return ("All" if values == {"All"} else "invalid") if values else ""


def _labels(key: Key) -> Labels:
    verb, group, version, resource, subresource, scope, _, _ = key
    told = "CONNECT" if resource and subresource in _CONNECTS else _VERBS.get(verb, "OTHER")
    return (told, group, version, resource, subresource, _SCOPES[scope], "apiserver")


def _frames(chunk: bytes) -> int:
    """How many length-delimited frames a chunk holds."""
    position = count = 0
    while position < len(chunk):
        position += 4 + int.from_bytes(chunk[position : position + 4], "big")
        count += 1
    return count


_TOTAL: Final = (
    "Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, "
    "component, and HTTP response code."
)
_DURATION: Final = (
    "Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, "
    "scope and component."
)
_SLI: Final = "Response latency distribution in seconds for each verb, group, version, resource, subresource and scope."
_SIZES: Final = "Response size distribution in bytes for each group, version, verb, resource, subresource and scope."
_OWN: Final = "Counter of apiserver self-requests broken out for each verb, API resource and subresource."
_RUNNING: Final = "Gauge of all active long-running apiserver requests broken out by what they ask for."
_EVENTS: Final = "Number of events sent in watch clients"
_IN_FLIGHT: Final = "Number of requests that run at the moment, per request kind."
