"""Which handler serves which resource or subresource, and which hooks writes of a kind have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from miniapi.authz.interface import Authorizer
from miniapi.client.client import Client
from miniapi.client.outbound import Trust
from miniapi.clock import utc_now
from miniapi.endpoints.scope import Hooks, ResourceHandler
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind
from miniapi.kube.handlers.binding import Binding
from miniapi.kube.handlers.component_statuses import ComponentStatuses
from miniapi.kube.handlers.eviction import Eviction
from miniapi.kube.handlers.kubelets import Kubelets
from miniapi.kube.handlers.pod_log import PodLog
from miniapi.kube.handlers.pod_streams import PodStream
from miniapi.kube.handlers.proxies import NodeLocator, PodLocator, Proxy, ServiceLocator
from miniapi.kube.handlers.scale import scale
from miniapi.kube.handlers.upgrade_aware_proxy import Dialer
from miniapi.kube.service_allocation import ServiceAllocation
from miniapi.registry.resource import Resource
from miniapi.strategies.scale import SCALABLE

Place = tuple[str, str, str]
"""(group, plural, subresource)."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What handlers draw on."""

    catalog: Catalog
    resource_for: Callable[[Kind], Resource]
    client: Client
    dialer: Dialer
    """To kubelets, pods and services."""
    authorizer: Authorizer
    address_types: Sequence[str]
    """Which of a node's addresses are tried first."""
    kubelet_trust: Trust

    def core(self, plural: str) -> Resource:
        """The storage of a core kind. LookupError where it is not served."""
        kind = self.catalog.preferred("", plural)
        if kind is None:
            raise LookupError(f"{plural} are not served")
        return self.resource_for(kind)


def builtin_handlers(sources: Sources) -> dict[Place, ResourceHandler]:
    """Handlers by place."""
    handlers: dict[Place, ResourceHandler] = {("", "componentstatuses", ""): ComponentStatuses()}
    for group, plural in SCALABLE:
        handlers[group, plural, "scale"] = scale(group, plural)
    if sources.catalog.preferred("", "pods") is not None:
        handlers |= _core(sources)
    return handlers


def _core(sources: Sources) -> dict[Place, ResourceHandler]:
    pods, services, endpoints = map(sources.core, ("pods", "services", "endpoints"))
    kubelets = Kubelets(sources.core("nodes"), sources.address_types, sources.kubelet_trust)
    dialer, binding = sources.dialer, Binding(pods)
    stream = PodStream(pods, kubelets, dialer, sources.authorizer)
    return {
        ("", "pods", "binding"): binding,
        ("", "bindings", ""): binding,
        ("", "pods", "eviction"): Eviction(pods, sources.client),
        ("", "pods", "log"): PodLog(pods, kubelets, dialer),
        **{("", "pods", name): stream for name in ("attach", "exec", "portforward")},
        ("", "pods", "proxy"): Proxy(PodLocator(pods), dialer),
        ("", "services", "proxy"): Proxy(ServiceLocator(services, endpoints, pods), dialer),
        ("", "nodes", "proxy"): Proxy(NodeLocator(kubelets), dialer),
    }


def builtin_hooks(
    catalog: Catalog, resource_for: Callable[[Kind], Resource], service_cluster_ip_range: str, node_ports: range
) -> dict[Place, Hooks]:
    """Hooks by place."""
    services, addresses = catalog.preferred("", "services"), catalog.preferred("networking.k8s.io", "ipaddresses")
    if services is None or addresses is None:
        return {}
    allocation = ServiceAllocation(
        resource_for(services), resource_for(addresses), service_cluster_ip_range, node_ports, utc_now
    )
    return {("", "services", ""): allocation.hooks()}
