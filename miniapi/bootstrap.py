"""The whole server, put together: the one file that sees all parts. `build` reads as its table of contents."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from miniapi import clock
from miniapi.admission import builtin as admission
from miniapi.audit.options import Audit, BadAudit
from miniapi.authn import builtin as authn
from miniapi.authz import builtin as authz
from miniapi.authz.rbac import GROUP as RBAC_GROUP
from miniapi.client.client import Client
from miniapi.client.informers import SharedInformerFactory
from miniapi.client.loopback import LoopbackTransport
from miniapi.client.outbound import ProxyTransport, ProxyTransportConfig
from miniapi.controllers.namespaces import ROOT_CA_NAME, NamespaceContent, NamespaceDeletion
from miniapi.endpoints.context import Filter
from miniapi.endpoints.filters.audit import audit, audit_start, failed_authentication
from miniapi.endpoints.filters.authentication import authentication
from miniapi.endpoints.filters.authorization import authorization
from miniapi.endpoints.filters.deadline import deadline
from miniapi.endpoints.filters.drain import Drain
from miniapi.endpoints.filters.impersonation import impersonation
from miniapi.endpoints.filters.in_flight import in_flight
from miniapi.endpoints.filters.panic_recovery import panic_recovery
from miniapi.endpoints.table import Printer
from miniapi.kinds.builtin import builtin_kinds
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.columns import Columns
from miniapi.kinds.enablement import enabled
from miniapi.kinds.kind import Kind
from miniapi.kinds.printers.builtin import printing
from miniapi.kube import fresh
from miniapi.kube.discovery import Discovery
from miniapi.kube.handlers.builtin import builtin_handlers, builtin_hooks
from miniapi.kube.kubernetes_service import host_address, publish
from miniapi.kube.lister import RegistryLister
from miniapi.kube.openapi import OpenApi
from miniapi.kube.paths import nonresource_paths
from miniapi.kube.scopes import KubeScopes
from miniapi.meta.objects import Object
from miniapi.options.server import Options
from miniapi.registry.encoding import JsonForm
from miniapi.registry.resource import Resource
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.server.generic import GenericServer
from miniapi.server.handler import RequestHandler
from miniapi.server.health import CheckFailed, Health, HealthCheck
from miniapi.server.kubeconfig import document, merge, user_path, write
from miniapi.server.lifecycle import Lifecycle, PostStartHook
from miniapi.server.serving_options import CannotServe, SecureServing
from miniapi.server.version import DEFAULT_VERSION, version_info
from miniapi.storage.embedded import open_store
from miniapi.storage.embedded_options import MEMORY
from miniapi.storage.interface import Store, StoreUnavailable
from miniapi.storage.memory import MemoryStore

log = logging.getLogger("miniapi")


class StartFailed(Exception):
    """The server cannot start; the message is one line that names the flag or file and the fix."""


@dataclass(slots=True)
class Server:
    """All that was built, before it is started."""

    options: Options
    store: Store
    handler: RequestHandler
    health: Health
    lifecycle: Lifecycle
    drain: Drain
    informers: SharedInformerFactory
    loopback: LoopbackTransport
    client: Client
    proxy_transport: ProxyTransport
    serving: SecureServing
    audit: Audit | None
    controllers: list[NamespaceContent | NamespaceDeletion] = field(default_factory=list)


def build(options: Options) -> Server:
    """Options to server, nothing started. Raises StartFailed."""
    proxy_transport = ProxyTransport(ProxyTransportConfig())
    serving = _serving(options)
    store = _open_store(options)
    health, lifecycle, drain = Health(), Lifecycle(), Drain()
    loopback = LoopbackTransport()
    client = Client(loopback)
    informers = SharedInformerFactory(client)
    catalog = _catalog(options)
    resources = _Resources(store, options)
    lister = RegistryLister(catalog, resources.of)
    identity = _authentication(options, serving, lister)
    rights = _authorization(options, informers)
    told = _audit(options)
    scopes = KubeScopes(
        catalog,
        BuiltinSchemas(),
        resources.of,
        resources.printer,
        admission.build(options.admission, lister, client, rights.authorizer),
        clock.utc_now,
        options.generic.min_request_timeout_seconds,
        handlers=builtin_handlers(),
        hooks=builtin_hooks(catalog, resources.of, options.generic.service_cluster_ip_range),
    )
    apiextensions = GenericServer("apiextensions", _NoScopes())
    kube = GenericServer("kube", scopes, delegate=apiextensions)
    aggregator = GenericServer("aggregator", _NoScopes(), delegate=kube)
    discovery = Discovery(catalog, f"{_advertised(options)}:{serving.port}")
    openapi = OpenApi(catalog, DEFAULT_VERSION, version_info()["gitVersion"])
    kube.paths = nonresource_paths(health, discovery, openapi, version_info())
    kube.prefixes = {
        "/api/": discovery.serve,
        "/apis/": discovery.serve,
        "/openapi/v3/": openapi.serve_v3,
        "/healthz/": health.serve,
        "/livez/": health.serve,
        "/readyz/": health.serve,
    }
    filters = _filters(options, drain, identity, rights, told)
    handler = RequestHandler(aggregator, filters, catalog.groups, clock.utc_now)
    loopback.bind(handler.serve)
    server = Server(
        options,
        store,
        handler,
        health,
        lifecycle,
        drain,
        informers,
        loopback,
        client,
        proxy_transport,
        serving,
        told,
    )
    _controllers(server, catalog)
    _hooks(server)
    return server


class _NoScopes:
    def find(self, group: str, version: str, resource: str, subresource: str) -> None:
        del group, version, resource, subresource


class _Resources:
    """One registry resource per storage prefix."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store, self._options = store, options
        self._resources: dict[str, Resource] = {}
        self._form = JsonForm()
        self._columns = Columns()

    def of(self, kind: Kind) -> Resource:
        """The kind's storage, shared by its versions."""
        found = self._resources.get(kind.storage_prefix)
        if found is None:
            ttl = int(self._options.generic.event_ttl_seconds) if kind.gvk.kind == "Event" else 0
            found = self._resources[kind.storage_prefix] = Resource(
                self._store, kind.storage_prefix, self._form, namespaced=kind.namespaced, ttl_seconds=ttl
            )
        return found

    def printer(self, kind: Kind) -> Printer:
        """The kind's table."""
        return Printer(self._columns.of(kind), printing(kind.gvk.group, kind.plural), clock.utc_now)


def _catalog(options: Options) -> Catalog:
    kinds, problems = enabled(builtin_kinds(), options.generic.runtime_config)
    if problems:
        raise StartFailed("; ".join(problems))
    return Catalog(kinds)


def _advertised(options: Options) -> str:
    given = options.generic.advertise_address or options.serving.bind_address
    return "127.0.0.1" if given in ("0.0.0.0", "::") else given


def _serving(options: Options) -> SecureServing:
    generic, given = options.generic, options.authentication
    addresses = [_advertised(options), fresh.first_service_address(generic.service_cluster_ip_range)]
    addresses += [generic.external_hostname] if generic.external_hostname else []
    try:
        client_cas = [Path(f) for f in (given.client_ca_file, given.request_header_ca_file) if f]
        return options.serving.apply(options.cert_dir(), client_cas, addresses=addresses)
    except CannotServe as problem:
        raise StartFailed(str(problem)) from None


def _open_store(options: Options) -> Store:
    if options.storage.etcd_servers == [MEMORY]:
        return MemoryStore()
    try:
        return open_store(options.data_dir(), fsync=options.storage.embedded_fsync)
    except StoreUnavailable as problem:
        raise StartFailed(f"--data-dir: {problem}") from None


def _authentication(options: Options, serving: SecureServing, lister: RegistryLister) -> authn.Authentication:
    ca_file = options.authentication.client_ca_file
    client_cas = (*([Path(ca_file)] if ca_file else []), serving.certificates.ca)
    try:
        return authn.build(options.authentication, options.cert_dir(), client_cas, lister)
    except authn.BadAuthentication as problem:
        raise StartFailed(str(problem)) from None


def _authorization(options: Options, informers: SharedInformerFactory) -> authz.Authorization:
    plurals = ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
    sources = authz.Sources(*(informers.informer(RBAC_GROUP, "v1", p) for p in plurals))
    return authz.build(options.authorization.modes, sources)


def _audit(options: Options) -> Audit | None:
    try:
        return options.audit.build()
    except BadAudit as problem:
        raise StartFailed(str(problem)) from None


def _filters(
    options: Options, drain: Drain, identity: authn.Authentication, rights: authz.Authorization, told: Audit | None
) -> list[Filter]:
    """Outermost first."""
    generic, now = options.generic, clock.utc_now
    return [
        audit_start(),
        panic_recovery(),
        drain.filter(),
        deadline(generic.request_timeout_seconds),
        authentication(identity.request, failed_authentication(told.sink, told.policy, now) if told else None),
        *([audit(told.sink, told.policy, now)] if told else []),
        impersonation(rights.authorizer),
        in_flight(generic.max_requests_inflight, generic.max_mutating_requests_inflight),
        authorization(rights.authorizer, options.authorization.always_allow_paths),
    ]


def _controllers(server: Server, catalog: Catalog) -> None:
    chosen = server.options.generic.controllers

    def runs(name: str) -> bool:
        return f"-{name}" not in chosen and (name in chosen or "*" in chosen)

    namespaces = server.informers.informer("", "v1", "namespaces")
    wanted: list[tuple[str, Object]] = []
    if runs("serviceaccount"):
        wanted.append(
            ("serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
        )
    if runs("root-ca-certificate-publisher"):
        data = {"ca.crt": server.serving.certificates.ca.read_text()}
        wanted.append(
            ("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": ROOT_CA_NAME}, "data": data})
        )
    if wanted:
        server.controllers.append(NamespaceContent(server.client, namespaces, wanted))
    if runs("namespace"):
        server.controllers.append(NamespaceDeletion(server.client, namespaces, catalog))


def _hooks(server: Server) -> None:
    options, health = server.options, server.health

    async def etcd() -> None:
        try:
            await server.store.ready()
        except StoreUnavailable as problem:
            log.error("the store is not ready: %s", problem)
            raise CheckFailed(str(problem)) from None

    async def synced() -> None:
        if not server.informers.synced():
            raise CheckFailed("informers have not synced")

    async def create_missing() -> None:
        ranges = options.generic.service_cluster_ip_range
        await fresh.create_missing(server.client, server.store, ranges)
        address = host_address(options.generic.advertise_address or options.serving.bind_address)
        await publish(server.client, fresh.first_service_address(ranges), address, server.serving.port)

    health.add(HealthCheck("etcd", etcd))
    health.readyz.append(HealthCheck("informer-sync", synced))
    server.lifecycle.hooks.append(PostStartHook("rbac/bootstrap-roles", create_missing))
    for hook in server.lifecycle.hooks:
        health.add(hook.check())
    health.readyz.append(server.lifecycle.shutdown_check())


async def serve(server: Server, started: float) -> None:
    """Starts, serves until told to stop, and ends in order."""
    from miniapi.server.serving import HttpServer

    loop = asyncio.get_running_loop()
    _on_signals(loop, server.lifecycle)
    generic = server.options.generic
    http = HttpServer(server.handler.serve, generic.request_timeout_seconds)
    background: list[asyncio.Task[None]] = []
    try:
        for hook in server.lifecycle.hooks:
            await hook.run()
            hook.done = True
        await server.store.compact(await server.store.revision())
        async with asyncio.TaskGroup() as group:
            await server.informers.start(group, background)
            background += [group.create_task(c.run()) for c in server.controllers]
            if server.options.storage.compaction_seconds:
                background.append(group.create_task(_compact(server.store, server.options.storage.compaction_seconds)))
            await http.start(server.serving.listener, server.serving.tls.context)
            server.lifecycle.ready.set()
            _announce(server, time.monotonic() - started)
            await server.lifecycle.stopping.wait()
            await asyncio.sleep(generic.shutdown_delay_seconds)
            server.drain.closed = True
            await http.stop(generic.shutdown_watch_grace_seconds)
            for task in background:
                task.cancel()
    finally:
        if server.audit is not None:
            await server.audit.sink.close()
        await server.proxy_transport.close()
        await server.store.close()


def _on_signals(loop: asyncio.AbstractEventLoop, lifecycle: Lifecycle) -> None:
    def stop(number: int) -> None:
        if lifecycle.stopping.is_set():
            sys.stderr.flush()
            import os

            os._exit(128 + number)
        lifecycle.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)


async def _compact(store: Store, interval_seconds: float) -> None:
    """Each round forgets what is older than the round before."""
    revision = await store.revision()
    while True:
        await asyncio.sleep(interval_seconds)
        now = await store.revision()
        try:
            await store.compact(revision)
        except StoreUnavailable as problem:
            log.warning("compaction: %s", problem)
        revision = now


def _announce(server: Server, seconds: float) -> None:
    options = server.options
    url = f"https://{_advertised(options)}:{server.serving.port}"
    path = options.kubeconfig_path()
    config = document(url, server.serving.certificates, server.serving.ca_file)
    write(path, config)
    if options.local.merge_kubeconfig:
        merge(user_path(), config)
    if options.local.quiet:
        return
    store = "memory (nothing is kept)" if options.storage.etcd_servers else str(options.data_dir())
    print(f"miniapi is ready after {seconds:.2f} s\n")
    print(f"  endpoint    {url}")
    print(f"  store       {store}")
    print(f"  kubeconfig  {path}\n")
    print(f"  export KUBECONFIG={path}")
    print("  kubectl get namespaces", flush=True)


def run(options: Options) -> int:
    """Builds and serves; returns the exit code."""
    import uvloop

    started = time.monotonic()
    levels = {0: logging.WARNING, 1: logging.WARNING, 2: logging.INFO, 3: logging.INFO}
    logging.basicConfig(
        level=levels.get(options.local.verbosity, logging.DEBUG), format="%(levelname)s %(name)s: %(message)s"
    )

    async def main() -> None:
        await serve(build(options), started)

    try:
        uvloop.run(main())
    except StartFailed as problem:
        print(f"miniapi: {problem}", file=sys.stderr)
        return 1
    return 0
