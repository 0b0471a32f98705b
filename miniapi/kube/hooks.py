"""What the kube server does once it is put together, before it says that it is ready."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from miniapi.clock import utc_now
from miniapi.kube import cluster_information, fresh
from miniapi.kube.kubernetes_service import host_address, publish
from miniapi.server.config import GenericConfig
from miniapi.server.lifecycle import PostStartHook
from miniapi.storage.interface import Store

HOOKS: Final = (
    "start-apiserver-admission-initializer",
    "generic-apiserver-start-informers",
    "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter",
    "storage-object-count-tracker-hook",
    "start-apiextensions-informers",
    "start-apiextensions-controllers",
    "crd-informer-synced",
    "start-system-namespaces-controller",
    "peer-endpoint-reconciler-controller",
    "start-cluster-authentication-info-controller",
    "start-kube-apiserver-identity-lease-controller",
    "start-kube-apiserver-identity-lease-garbage-collector",
    "storage-readiness",
    "start-legacy-token-tracking-controller",
    "start-service-ip-repair-controllers",
    "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes",
    "priority-and-fairness-config-producer",
    "bootstrap-controller",
    "start-kubernetes-service-cidr-controller",
    "start-kube-aggregator-informers",
    "apiservice-status-local-available-controller",
    "apiservice-status-remote-available-controller",
    "apiservice-registration-controller",
    "apiservice-discovery-controller",
    "kube-apiserver-autoregistration",
    "apiservice-wait-for-first-sync",
    "apiservice-openapi-controller",
    "apiservice-openapiv3-controller",
)
"""The original's steps in their order, each a health check that probes may ask for by name. Most of what they start
is here part of the server that was built; what is left to do stands in `post_start_hooks`."""


def post_start_hooks(config: GenericConfig, store: Store) -> list[PostStartHook]:
    """By the original's names, in their order."""
    ranges = config.options.service_cluster_ip_range

    async def ensure_namespaces() -> None:
        await fresh.ensure_namespaces(config.client)

    async def publish_authentication() -> None:
        await cluster_information.publish_authentication(config.client, config.authentication.information)

    async def note_token_tracking() -> None:
        await cluster_information.note_token_tracking(config.client, utc_now())

    async def ensure() -> None:
        await fresh.ensure(config.client, store, ranges)

    async def publish_service() -> None:
        if config.options.endpoint_reconciler_type != "none":
            address = host_address(config.options.advertise_address or config.serving.bind_address)
            await publish(config.client, fresh.first_service_address(ranges), address, config.serving.port)

    steps: Mapping[str, Callable[[], Awaitable[None]]] = {
        "start-system-namespaces-controller": ensure_namespaces,
        "start-cluster-authentication-info-controller": publish_authentication,
        "start-legacy-token-tracking-controller": note_token_tracking,
        "rbac/bootstrap-roles": ensure,
        "bootstrap-controller": publish_service,
    }
    return [PostStartHook(name, steps.get(name, nothing)) for name in HOOKS]


async def nothing() -> None:
    """There is nothing left to do."""
