"""What all servers of the chain share, made from the options (controlplane/apiserver.BuildGenericConfig)."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from miniapi import clock
from miniapi.authn import builtin as authn
from miniapi.authz import builtin as authz
from miniapi.authz.node_graph import NodeGraph
from miniapi.authz.rbac import GROUP as RBAC_GROUP
from miniapi.client.client import Client
from miniapi.client.informers import SharedInformerFactory
from miniapi.client.loopback import LoopbackTransport, checked
from miniapi.client.outbound import ProxyTransport, ProxyTransportConfig
from miniapi.endpoints.filters.drain import Drain
from miniapi.endpoints.filters.in_flight import InFlight
from miniapi.endpoints.filters.request_metrics import RequestMetrics
from miniapi.kinds.catalog import Catalog
from miniapi.kube.fresh import first_service_address, node_rules
from miniapi.kube.lister import RegistryLister
from miniapi.metrics.registry import Registry
from miniapi.options.server import Options, shown
from miniapi.server.config import GenericConfig
from miniapi.server.serving_options import SecureServing
from miniapi.server.zpages import ZPages

log = logging.getLogger("miniapi.server")


def generic_config(options: Options, catalog: Catalog, lister: RegistryLister) -> GenericConfig:
    """Takes the port, reads the files that the flags name; starts nothing. Raises what the options' steps raise."""
    proxy_transport = ProxyTransport(ProxyTransportConfig())
    serving = secure_serving(options)
    loopback_config = checked(serving.loopback_client_config())
    loopback = LoopbackTransport()
    client = Client(loopback, user_agent=loopback_config.user_agent)
    informers = SharedInformerFactory(client)
    in_flight = InFlight(options.generic.max_requests_inflight, options.generic.max_mutating_requests_inflight)
    return GenericConfig(
        options=options.generic,
        proxy_transport=proxy_transport,
        serving=serving,
        advertise_address=options.advertise_address(),
        loopback_client_config=loopback_config,
        loopback=loopback,
        client=client,
        informers=informers,
        authentication=authentication(options, serving, lister, loopback_config.bearer_token),
        authorization=authorization(options, informers),
        always_allow_paths=options.authorization.always_allow_paths,
        audit=options.audit.build(),
        drain=Drain(send_retry_after=options.generic.shutdown_send_retry_after),
        in_flight=in_flight,
        requests=RequestMetrics(lambda g, v, plural: catalog.find(g, v, plural) is not None, in_flight),
        metrics=Registry(options.metrics.disabled),
        tells_requests=options.logs.tells_requests,
        zpages=ZPages(
            shown(options),
            clock.utc_now(),
            options.generic.kubernetes_version,
            options.generic.emulation(),
            clock.utc_now,
        ),
    )


def secure_serving(options: Options) -> SecureServing:
    """The listener and its TLS, for all names that others know this server by."""
    generic, given = options.generic, options.authentication
    addresses = [options.advertise_address(), first_service_address(generic.service_cluster_ip_range)]
    addresses += [generic.external_hostname] if generic.external_hostname else []
    client_cas = [Path(f) for f in (given.client_ca_file, given.request_header_ca_file) if f]
    return options.serving.apply(
        options.cert_dir(), client_cas, addresses=addresses, needs_own=options.writes_kubeconfig()
    )


def authentication(
    options: Options, serving: SecureServing, lister: RegistryLister, loopback_token: str
) -> authn.Authentication:
    """Who is believed."""
    ca_file = options.authentication.client_ca_file
    own = serving.certificates
    client_cas = (*([Path(ca_file)] if ca_file else []), *([own.ca] if own else []))
    given = options.authentication
    if given.anonymous and options.authorization.allows_everything():
        # As the original has it: what everybody may do, nobody may do without a name.
        log.warning("--anonymous-auth is taken as false beside --authorization-mode=AlwaysAllow")
        given = replace(given, anonymous=False)
    return authn.build(given, options.cert_dir(), client_cas, lister, loopback_token)


def authorization(options: Options, informers: SharedInformerFactory) -> authz.Authorization:
    """Who may do what."""
    roles, bindings, cluster_roles, cluster_bindings = (
        informers.informer(RBAC_GROUP, "v1", p)
        for p in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
    )
    nodes = NodeGraph(informers.informer)
    sources = authz.Sources(roles, bindings, cluster_roles, cluster_bindings, nodes, node_rules)
    return authz.build(options.authorization.configured(), sources)
