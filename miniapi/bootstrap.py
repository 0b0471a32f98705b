"""The whole server, put together: the one file that sees all parts. `build` reads as its table of contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from miniapi import clock
from miniapi.admission import builtin as admission
from miniapi.admission.matching.equivalents import Versions
from miniapi.aggregator.remote_kinds import RemoteKinds
from miniapi.aggregator.server import aggregator_server
from miniapi.apiextensions.server import apiextensions_server
from miniapi.audit.options import BadAudit
from miniapi.authn import builtin as authn
from miniapi.authz import builtin as authz
from miniapi.authz.configuration import BadAuthorization
from miniapi.authz.node_graph import NodeGraph
from miniapi.authz.rbac import GROUP as RBAC_GROUP
from miniapi.client.client import Client
from miniapi.client.informers import SharedInformerFactory
from miniapi.client.loopback import LoopbackFailed, LoopbackTransport, checked
from miniapi.client.outbound import ProxyTransport, ProxyTransportConfig
from miniapi.client.services import ServiceResolver
from miniapi.client.webhooks import WebhookCaller
from miniapi.controllers import builtin as controllers
from miniapi.controllers.certificate_authority import CertificateAuthority
from miniapi.endpoints.filters.drain import Drain
from miniapi.endpoints.filters.in_flight import InFlight
from miniapi.endpoints.filters.request_metrics import RequestMetrics
from miniapi.kinds.builtin import builtin_kinds
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.enablement import enabled
from miniapi.kube.fresh import first_service_address, node_rules
from miniapi.kube.hooks import post_start_hooks
from miniapi.kube.lister import CACHED, CachedLister, RegistryLister
from miniapi.kube.registry_reflector import from_registry
from miniapi.kube.resources import KubeResources
from miniapi.kube.served_resources import served_resources
from miniapi.kube.server import kube_server
from miniapi.metrics.registry import Registry
from miniapi.options.server import Options
from miniapi.registry.rest_options import RestOptions
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.server.config import GenericConfig
from miniapi.server.handler import RequestHandler
from miniapi.server.handler_chain import handler_chain
from miniapi.server.health_checks import add_health_checks
from miniapi.server.metrics import add_sources
from miniapi.server.serving_options import CannotServe, SecureServing
from miniapi.storage.factory import StorageConfigError, StorageFactory, StorageFactoryConfig
from miniapi.storage.interface import StoreUnavailable


class StartFailed(Exception):
    """The server cannot start; the message is one line that names the flag or file and the fix."""


@dataclass(frozen=True, slots=True)
class Server:
    """All that was built, before it is started."""

    options: Options
    config: GenericConfig
    storage: StorageFactory
    rest_options: RestOptions
    handler: RequestHandler
    controllers: Sequence[controllers.Controller]


START_PROBLEMS = (
    CannotServe,
    authn.BadAuthentication,
    BadAuthorization,
    BadAudit,
    StorageConfigError,
    StoreUnavailable,
    LoopbackFailed,
)


def build(options: Options) -> Server:
    """Options to server, nothing started. Raises StartFailed."""
    try:
        return _build(options)
    except START_PROBLEMS as problem:
        raise StartFailed(str(problem)) from None


def _build(options: Options) -> Server:
    proxy_transport = ProxyTransport(ProxyTransportConfig())
    serving = _secure_serving(options)
    catalog = Catalog(enabled(builtin_kinds(options.generic.emulation()), options.generic.runtime_config)[0])
    storage = StorageFactoryConfig(options.data_dir()).complete(options.storage).new()
    rest_options = RestOptions(
        storage, BuiltinSchemas(options.generic.kubernetes_version), options.generic.event_ttl_seconds
    )
    resources = KubeResources(rest_options, clock.utc_now)
    lister = RegistryLister(catalog, resources.of)
    loopback_config = checked(serving.loopback_client_config())
    loopback = LoopbackTransport()
    client = Client(loopback, user_agent=loopback_config.user_agent)
    informers = SharedInformerFactory(client, follow=from_registry(catalog, resources.of, client))
    in_flight = InFlight(options.generic.max_requests_inflight, options.generic.max_mutating_requests_inflight)
    config = GenericConfig(
        options.generic,
        proxy_transport,
        serving,
        options.advertise_address(),
        loopback_config,
        loopback,
        client,
        informers,
        _authentication(options, serving, lister, loopback_config.bearer_token),
        _authorization(options, informers),
        options.authorization.always_allow_paths,
        options.audit.build(),
        Drain(send_retry_after=options.generic.shutdown_send_retry_after),
        in_flight,
        RequestMetrics(lambda group, version, plural: catalog.find(group, version, plural) is not None, in_flight),
        Registry(options.metrics.disabled),
        options.logs.tells_requests,
    )
    cached = CachedLister(
        lister, {(g, p): informers.informer(g, "v1", p) for g, p in CACHED if catalog.find(g, "v1", p)}
    )
    chain = admission.build(
        admission.Sources(
            options.admission,
            cached,
            lister,
            client,
            config.authorization.authorizer,
            catalog.kind,
            served_resources(catalog, informers),
            informers.informer,
            WebhookCaller(proxy_transport, ServiceResolver(lister)),
            Versions(catalog),
            options.admission.configuration(),
        )
    )
    extensions = apiextensions_server(config, rest_options, chain, clock.utc_now)
    remote_kinds = RemoteKinds()
    more_kinds = (extensions.served, remote_kinds)
    kube = kube_server(config, catalog, resources, chain, clock.utc_now, extensions, more_kinds, extensions.openapi)
    served = dict.fromkeys((kind.gvk.group, kind.gvk.version) for kind in catalog)
    identity = options.aggregator.identity()
    aggregator = aggregator_server(config, lister, served, identity, remote_kinds, clock.utc_now, kube)
    handler = RequestHandler(
        aggregator.server,
        handler_chain(config, clock.utc_now),
        catalog.groups,
        clock.utc_now,
        cbor=options.features.on("CBORServingAndStorage"),
    )
    loopback.bind(handler.serve)
    config.lifecycle.hooks += post_start_hooks(config, storage.store())
    add_health_checks(config, storage, aggregator.check())
    add_sources(config, storage)
    own = serving.certificates
    authority = CertificateAuthority(own.ca, own.ca_key) if own else None
    sources = controllers.Sources(
        client, informers, catalog, serving.ca_file.read_text(), authority, config.authentication.legacy_tokens
    )
    running: list[controllers.Controller] = [extensions.controller, aggregator.registration, aggregator.availability]
    running += controllers.build(options.generic.controllers, sources)
    return Server(options, config, storage, rest_options, handler, running)


def _secure_serving(options: Options) -> SecureServing:
    generic, given = options.generic, options.authentication
    addresses = [options.advertise_address(), first_service_address(generic.service_cluster_ip_range)]
    addresses += [generic.external_hostname] if generic.external_hostname else []
    client_cas = [Path(f) for f in (given.client_ca_file, given.request_header_ca_file) if f]
    return options.serving.apply(
        options.cert_dir(), client_cas, addresses=addresses, needs_own=options.writes_kubeconfig()
    )


def _authentication(
    options: Options, serving: SecureServing, lister: RegistryLister, loopback_token: str
) -> authn.Authentication:
    ca_file = options.authentication.client_ca_file
    own = serving.certificates
    client_cas = (*([Path(ca_file)] if ca_file else []), *([own.ca] if own else []))
    return authn.build(options.authentication, options.cert_dir(), client_cas, lister, loopback_token)


def _authorization(options: Options, informers: SharedInformerFactory) -> authz.Authorization:
    roles, bindings, cluster_roles, cluster_bindings = (
        informers.informer(RBAC_GROUP, "v1", p)
        for p in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
    )
    nodes = NodeGraph(informers.informer)
    sources = authz.Sources(roles, bindings, cluster_roles, cluster_bindings, nodes, node_rules)
    return authz.build(options.authorization.configured(), sources)
