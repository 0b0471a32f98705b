"""Which handler serves which resource or subresource."""

from __future__ import annotations

from miniapi.endpoints.scope import ResourceHandler
from miniapi.kube.handlers.scale import scale
from miniapi.strategies.scale import SCALABLE

Place = tuple[str, str, str]
"""(group, plural, subresource)."""


def builtin_handlers() -> dict[Place, ResourceHandler]:
    """Handlers by place."""
    handlers: dict[Place, ResourceHandler] = {}
    for group, plural in SCALABLE:
        handlers[group, plural, "scale"] = scale(group, plural)
    return handlers
