"""All metrics of a server, rendered when somebody asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any, Final

from miniapi.metrics.family import Distribution, Family

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"

Source = Callable[[], Awaitable[Iterable[Family]]]


class Registry:
    """Asks its sources in their order; `disabled` names are left out."""

    def __init__(self, disabled: Collection[str] = ()) -> None:
        self._disabled = frozenset(disabled)
        self._sources: list[Source] = []

    def add(self, source: Source) -> None:
        """Asks it with every scrape from now on."""
        self._sources.append(source)

    async def render(self, *, process: bool = False) -> bytes:
        """The exposition text; with `process` what the operating system says of this process is added."""
        # prometheus-client takes a while to import, and most servers are never scraped.
        from prometheus_client import ProcessCollector, generate_latest

        found = [f for source in self._sources for f in await source() if f.name not in self._disabled]
        families = [_exposed(f) for f in sorted(found, key=lambda f: f.name)]
        if process:
            families += ProcessCollector(registry=None).collect()
        return generate_latest(_Collected(families))


class _Collected:
    """What prometheus-client takes for a registry."""

    def __init__(self, families: list[Any]) -> None:
        self._families = families

    def collect(self) -> list[Any]:
        """The families."""
        return self._families


def _exposed(family: Family) -> Any:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

    out: Any
    if family.kind == "histogram":
        out = HistogramMetricFamily(family.name, family.help, labels=family.labels)
        for labels, distribution in family.distributions.items():
            out.add_metric(labels, _cumulative(distribution), distribution.sum)
        return out
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    out = kind(family.name, family.help, labels=family.labels)
    for labels, value in family.values.items():
        out.add_metric(labels, value)
    return out


def _cumulative(distribution: Distribution) -> list[tuple[str, int]]:
    total = 0
    out = []
    for bound, count in zip((*distribution.bounds, None), distribution.counts, strict=True):
        total += count
        out.append(("+Inf" if bound is None else f"{bound:g}", total))
    return out
