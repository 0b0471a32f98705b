"""Which handler serves which resource or subresource, and which hooks writes of a kind have."""

from __future__ import annotations

from collections.abc import Callable

from miniapi.clock import utc_now
from miniapi.endpoints.scope import Hooks, ResourceHandler
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind
from miniapi.kube.handlers.component_statuses import ComponentStatuses
from miniapi.kube.handlers.scale import scale
from miniapi.kube.service_allocation import ServiceAllocation
from miniapi.registry.resource import Resource
from miniapi.strategies.scale import SCALABLE

Place = tuple[str, str, str]
"""(group, plural, subresource)."""


def builtin_handlers() -> dict[Place, ResourceHandler]:
    """Handlers by place."""
    handlers: dict[Place, ResourceHandler] = {("", "componentstatuses", ""): ComponentStatuses()}
    for group, plural in SCALABLE:
        handlers[group, plural, "scale"] = scale(group, plural)
    return handlers


def builtin_hooks(
    catalog: Catalog, resource_for: Callable[[Kind], Resource], service_cluster_ip_range: str
) -> dict[Place, Hooks]:
    """Hooks by place."""
    services, addresses = catalog.preferred("", "services"), catalog.preferred("networking.k8s.io", "ipaddresses")
    if services is None or addresses is None:
        return {}
    allocation = ServiceAllocation(resource_for(services), resource_for(addresses), service_cluster_ip_range, utc_now)
    return {("", "services", ""): allocation.hooks()}
