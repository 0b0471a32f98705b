"""The aggregator, put together: its server, and the controllers that it cannot do without."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from miniapi.aggregator.availability import Availability
from miniapi.aggregator.local import GROUP
from miniapi.aggregator.registration import Registration
from miniapi.aggregator.remote import Proxy, ProxyIdentity, RemoteServices
from miniapi.aggregator.remote_kinds import RemoteKinds
from miniapi.client.services import Objects, ServiceResolver
from miniapi.clock import Clock
from miniapi.server.config import GenericConfig
from miniapi.server.generic import GenericServer, NoScopes
from miniapi.server.health import CheckFailed, HealthCheck


@dataclass(frozen=True, slots=True)
class Aggregator:
    """Whatever --controllers says, `registration` and `availability` run: they are the server's own."""

    server: GenericServer
    services: RemoteServices
    registration: Registration
    availability: Availability

    def check(self) -> HealthCheck:
        """`autoregister-completion`: all that is served here has its APIService."""

        async def complete() -> None:
            if not self.registration.complete:
                raise CheckFailed("not all APIServices are registered")

        return HealthCheck("autoregister-completion", complete)


def aggregator_server(
    config: GenericConfig,
    objects: Objects,
    served: Iterable[tuple[str, str]],
    identity: ProxyIdentity,
    kinds: RemoteKinds,
    clock: Clock,
    delegate: GenericServer,
) -> Aggregator:
    """`served` are the groups and versions of the delegates; `kinds` is told of those of remote servers."""
    api_services = config.informers.informer(GROUP, "v1", "apiservices")
    crds = config.informers.informer("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    services = RemoteServices(api_services, identity)
    proxy = Proxy(services, ServiceResolver(objects), config.proxy_transport)
    return Aggregator(
        GenericServer("aggregator", NoScopes(), prefixes={"/apis/": proxy.serve}, delegate=delegate),
        services,
        Registration(config.client, api_services, crds, served),
        Availability(config.client, api_services, services, proxy, kinds, clock),
    )
