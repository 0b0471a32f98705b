"""Which strategy belongs to which kind and subresource, and how versions convert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from miniapi.strategies import builtin_objects as objects
from miniapi.strategies import builtin_workloads as workloads
from miniapi.strategies.conversion import CONVERSIONS
from miniapi.strategies.interface import Strategy

__all__ = ["CONVERSIONS", "STRATEGIES", "SUBRESOURCE_STRATEGIES"]

STRATEGIES: Final[Mapping[tuple[str, str], Strategy]] = {**workloads.STRATEGIES, **objects.STRATEGIES}
SUBRESOURCE_STRATEGIES: Final[Mapping[tuple[str, str, str], Strategy]] = {
    **workloads.SUBRESOURCE_STRATEGIES,
    **objects.SUBRESOURCE_STRATEGIES,
}
