"""Which strategy belongs to which kind and subresource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy

STRATEGIES: Final[Mapping[tuple[str, str], Strategy]] = {}
SUBRESOURCE_STRATEGIES: Final[Mapping[tuple[str, str, str], Strategy]] = {}
CONVERSIONS: Final[Mapping[tuple[str, str, str], tuple[Callable[[Object], Object], Callable[[Object], Object]]]] = {}
"""(group, version, plural) -> (to the stored version, from it)."""
