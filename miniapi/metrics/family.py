"""What one metric says at the moment of a scrape."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Labels = tuple[str, ...]
"""Values, in the order of the family's label names."""


class Distribution:
    """Observations by size; `bounds` are the buckets' upper ends, ascending."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Counts one observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def coarser(self, bounds: Sequence[float]) -> Distribution:
        """The same observations in fewer buckets: `bounds` must be among the own ones."""
        out = Distribution(bounds)
        out.sum = self.sum
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            out.counts[bisect_left(bounds, bound)] += count
        return out

    def add(self, other: Distribution) -> None:
        """Adds the observations of another one with the same bounds."""
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        self.sum += other.sum


@dataclass(slots=True)
class Family:
    """A metric with its samples."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    values: dict[Labels, float] = field(default_factory=dict)
    """Of counters and gauges."""
    distributions: dict[Labels, Distribution] = field(default_factory=dict)
    """Of histograms."""

    def count(self, labels: Labels, by: float = 1) -> None:
        """Adds to a value."""
        self.values[labels] = self.values.get(labels, 0) + by

    def merge(self, labels: Labels, distribution: Distribution) -> None:
        """Adds a distribution's observations."""
        found = self.distributions.get(labels)
        if found is None:
            found = self.distributions[labels] = Distribution(distribution.bounds)
        found.add(distribution)
