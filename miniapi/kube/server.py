"""The server of the built-in kinds, of discovery, OpenAPI, health and version."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.admission.chain import AdmissionChain
from miniapi.clock import Clock
from miniapi.kinds.catalog import Catalog
from miniapi.kube.discovery import Discovery, MoreKinds
from miniapi.kube.handlers.admin_access import admin_access_hooks
from miniapi.kube.handlers.builtin import Sources, builtin_handlers, builtin_hooks
from miniapi.kube.handlers.identity import identity_handlers, identity_hooks
from miniapi.kube.handlers.openid import openid_paths
from miniapi.kube.kubelet_options import KubeletOptions
from miniapi.kube.lister import RegistryLister
from miniapi.kube.openapi import MoreDocuments, OpenApi
from miniapi.kube.paths import nonresource_paths
from miniapi.kube.resources import KubeResources
from miniapi.kube.scopes import KubeScopes
from miniapi.server.config import GenericConfig
from miniapi.server.generic import Delegate, GenericServer
from miniapi.server.metrics import metrics_paths
from miniapi.server.version import version_info


def kube_server(
    config: GenericConfig,
    catalog: Catalog,
    resources: KubeResources,
    admission: AdmissionChain,
    clock: Clock,
    delegate: Delegate,
    more_kinds: Sequence[MoreKinds],
    more_documents: MoreDocuments,
    kubelet: KubeletOptions,
) -> GenericServer:
    """The middle of the chain."""
    lister = RegistryLister(catalog, resources.of)
    release = config.options.kubernetes_version
    version = version_info(release, config.options.emulation())
    sources = Sources(
        catalog,
        resources.of,
        config.client,
        config.proxy_transport,
        config.authorization.authorizer,
        kubelet.address_types,
        kubelet.trust(),
    )
    scopes = KubeScopes(
        catalog,
        resources.schemas,
        resources.of,
        resources.printer,
        admission,
        clock,
        config.options.min_request_timeout_seconds,
        handlers={
            **builtin_handlers(sources),
            **identity_handlers(config.authentication, config.authorization, lister),
        },
        hooks={
            **builtin_hooks(
                catalog, resources.of, config.options.service_cluster_ip_range, config.options.node_ports()
            ),
            **identity_hooks(config.authorization, lister),
            **admin_access_hooks(lister),
        },
    )
    discovery = Discovery(catalog, f"{config.advertise_address}:{config.serving.port}", more_kinds)
    openapi = OpenApi(catalog, release, version["gitVersion"], more_documents)
    health = config.health
    openid = openid_paths(config.authentication, config.external_address)
    more = {**openid, **metrics_paths(config.metrics, health)}
    return GenericServer(
        "kube",
        scopes,
        paths=nonresource_paths(health, discovery, openapi, version, more, config.zpages),
        prefixes={
            "/api/": discovery.serve,
            "/apis/": discovery.serve,
            "/openapi/v3/": openapi.serve_v3,
            "/healthz/": health.serve,
            "/livez/": health.serve,
            "/readyz/": health.serve,
        },
        delegate=delegate,
    )
