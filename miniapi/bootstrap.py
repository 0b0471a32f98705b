"""The whole server, put together: the one file that sees all parts. `build` reads as its table of contents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from miniapi import clock
from miniapi.admission import builtin as admission
from miniapi.admission.chain import AdmissionChain
from miniapi.admission.configuration import BadAdmission
from miniapi.admission.matching.equivalents import Versions
from miniapi.aggregator.remote_kinds import RemoteKinds
from miniapi.aggregator.server import aggregator_server
from miniapi.apiextensions.server import apiextensions_server
from miniapi.audit.options import BadAudit
from miniapi.authn.builtin import BadAuthentication
from miniapi.authz.configuration import BadAuthorization
from miniapi.client.loopback import LoopbackFailed
from miniapi.client.services import ServiceResolver
from miniapi.client.webhooks import WebhookCaller
from miniapi.controllers import builtin as controllers
from miniapi.controllers.certificate_authority import CertificateAuthority
from miniapi.generic_config import generic_config
from miniapi.kinds.builtin import builtin_kinds
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.enablement import enabled
from miniapi.kinds.kind import Kind
from miniapi.kube.hooks import post_start_hooks
from miniapi.kube.kubelet_options import BadKubeletFiles
from miniapi.kube.lister import CACHED, CachedLister, RegistryLister
from miniapi.kube.resources import KubeResources
from miniapi.kube.served_resources import served_resources
from miniapi.kube.server import kube_server
from miniapi.options.server import Options
from miniapi.registry.rest_options import RestOptions
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.server.config import GenericConfig
from miniapi.server.handler import RequestHandler
from miniapi.server.handler_chain import handler_chain
from miniapi.server.health_checks import add_health_checks
from miniapi.server.metrics import add_sources
from miniapi.server.serving_options import CannotServe
from miniapi.storage.factory import StorageConfigError, StorageFactory, StorageFactoryConfig
from miniapi.storage.interface import StoreUnavailable

START_PROBLEMS = (
    CannotServe,
    BadAuthentication,
    BadAuthorization,
    BadAudit,
    BadAdmission,
    BadKubeletFiles,
    StorageConfigError,
    StoreUnavailable,
    LoopbackFailed,
)


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


def build(options: Options) -> Server:
    """Options to server, nothing started. Raises StartFailed."""
    try:
        return _build(options)
    except START_PROBLEMS as problem:
        raise StartFailed(str(problem)) from None


def _build(options: Options) -> Server:
    catalog = Catalog(enabled(builtin_kinds(options.generic.emulation()), options.generic.runtime_config)[0])
    storage = StorageFactoryConfig(options.data_dir()).complete(options.storage).new()
    rest_options = _rest_options(options, storage)
    resources = KubeResources(rest_options, clock.utc_now)
    lister = RegistryLister(catalog, resources.of)
    config = generic_config(options, catalog, lister)
    webhooks = WebhookCaller(config.proxy_transport, ServiceResolver(lister))
    chain = _admission(options, config, catalog, lister, webhooks)
    extensions = apiextensions_server(config, rest_options, chain, webhooks, clock.utc_now)
    remote_kinds = RemoteKinds()
    more_kinds = (extensions.served, remote_kinds)
    kube = kube_server(
        config,
        catalog,
        resources,
        chain,
        clock.utc_now,
        extensions,
        more_kinds,
        extensions.openapi,
        options.kubelet,
    )
    served = dict.fromkeys((kind.gvk.group, kind.gvk.version) for kind in catalog)
    identity = options.aggregator.identity()
    aggregator = aggregator_server(config, lister, served, identity, remote_kinds, clock.utc_now, kube)
    filters, cbor = handler_chain(config, clock.utc_now), options.features.on("CBORServingAndStorage")
    handler = RequestHandler(aggregator.server, filters, catalog.groups, clock.utc_now, cbor=cbor)
    config.loopback.bind(handler.serve)
    config.lifecycle.hooks += post_start_hooks(config, storage.store())
    add_health_checks(config, storage, aggregator.check())
    add_sources(config, storage)
    always = (extensions.controller, aggregator.registration, aggregator.availability)
    chosen = _controllers(options, config, catalog, extensions.served.kinds)
    return Server(options, config, storage, rest_options, handler, (*always, *chosen))


def _rest_options(options: Options, storage: StorageFactory) -> RestOptions:
    schemas = BuiltinSchemas(options.generic.kubernetes_version)
    return RestOptions(storage, schemas, options.generic.event_ttl_seconds)


def _admission(
    options: Options, config: GenericConfig, catalog: Catalog, lister: RegistryLister, webhooks: WebhookCaller
) -> AdmissionChain:
    """Reads what it asks for with every request from informers, everything else from the store."""
    informers = {
        (group, plural): config.informers.informer(group, "v1", plural)
        for group, plural in CACHED
        if catalog.find(group, "v1", plural)
    }
    sources = admission.Sources(
        options.admission,
        CachedLister(lister, informers),
        lister,
        config.client,
        config.authorization.authorizer,
        catalog.kind,
        served_resources(catalog, config.informers),
        config.informers.informer,
        webhooks,
        Versions(catalog),
        options.admission.configuration(),
    )
    return admission.build(sources)


def _controllers(
    options: Options, config: GenericConfig, catalog: Catalog, custom_kinds: Callable[[], Sequence[Kind]]
) -> list[controllers.Controller]:
    own = config.serving.certificates
    sources = controllers.Sources(
        config.client,
        config.informers,
        catalog,
        custom_kinds,
        config.serving.ca_file.read_text(),
        CertificateAuthority(own.ca, own.ca_key) if own else None,
        config.authentication.legacy_tokens,
    )
    return controllers.build(options.generic.controllers, sources)
