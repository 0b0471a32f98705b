"""What the kube server does once it is put together, before it says that it is ready."""

from __future__ import annotations

from miniapi.kube import fresh
from miniapi.kube.kubernetes_service import host_address, publish
from miniapi.server.config import GenericConfig
from miniapi.server.lifecycle import PostStartHook
from miniapi.storage.interface import Store


def post_start_hooks(config: GenericConfig, store: Store) -> list[PostStartHook]:
    """By the original's names, in their order."""
    ranges = config.options.service_cluster_ip_range

    async def ensure() -> None:
        await fresh.ensure(config.client, store, ranges)
        address = host_address(config.options.advertise_address or config.serving.bind_address)
        await publish(config.client, fresh.first_service_address(ranges), address, config.serving.port)

    return [PostStartHook("rbac/bootstrap-roles", ensure)]
