"""What the servers of the chain have in common, complete once it is made (server.CompletedConfig)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from miniapi.audit.options import Audit
from miniapi.authn.builtin import Authentication
from miniapi.authz.builtin import Authorization
from miniapi.client.client import Client
from miniapi.client.config import ClientConfig
from miniapi.client.informers import SharedInformerFactory
from miniapi.client.loopback import LoopbackTransport
from miniapi.client.outbound import ProxyTransport
from miniapi.endpoints.filters.drain import Drain
from miniapi.endpoints.filters.in_flight import InFlight
from miniapi.endpoints.filters.request_metrics import RequestMetrics
from miniapi.metrics.registry import Registry
from miniapi.server.health import Health
from miniapi.server.lifecycle import Lifecycle
from miniapi.server.options import GenericOptions
from miniapi.server.serving_options import SecureServing
from miniapi.server.zpages import ZPages


@dataclass(frozen=True, slots=True)
class GenericConfig:
    """Who is served how. Nothing in it is running yet."""

    options: GenericOptions
    proxy_transport: ProxyTransport
    """To kubelets, webhooks and API services."""
    serving: SecureServing
    advertise_address: str
    """Where others are told to reach this server."""
    loopback_client_config: ClientConfig
    """Protobuf, no compression, a privileged token: for whatever part of the server speaks HTTPS to it."""
    loopback: LoopbackTransport
    client: Client
    """Of the server's own parts, over `loopback`."""
    informers: SharedInformerFactory
    authentication: Authentication
    authorization: Authorization
    always_allow_paths: Sequence[str]
    audit: Audit | None
    """None where nothing is audited."""
    drain: Drain
    in_flight: InFlight
    requests: RequestMetrics
    metrics: Registry
    tells_requests: bool
    """Whether each request is logged."""
    zpages: ZPages
    health: Health = field(default_factory=Health)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)

    @property
    def external_address(self) -> str:
        """HOST:PORT by which others know this server (--external-hostname, else where it is advertised)."""
        host = self.options.external_hostname or self.advertise_address
        return f"[{host}]:{self.serving.port}" if ":" in host else f"{host}:{self.serving.port}"
