"""What the server's health is made of: its stores, its informers, the steps of its start."""

from __future__ import annotations

from miniapi.server.config import GenericConfig
from miniapi.server.health import CheckFailed, HealthCheck, healthy
from miniapi.server.storage import apply_with_storage_factory
from miniapi.storage.factory import StorageFactory


def add_health_checks(config: GenericConfig, storage: StorageFactory, autoregistered: HealthCheck) -> None:
    """By the original's names, in the order in which it lists them."""
    health, lifecycle = config.health, config.lifecycle

    async def synced() -> None:
        if not config.informers.synced():
            raise CheckFailed("informers have not synced")

    # The loopback client needs no certificate here, hence none that could expire.
    loopback = HealthCheck("loopback-serving-certificate", healthy)
    health.healthz.append(loopback)
    health.livez.append(loopback)
    apply_with_storage_factory(storage, health)
    health.readyz.append(HealthCheck("informer-sync", synced))
    for hook in lifecycle.hooks:
        health.add(hook.check())
        if hook.name == "kube-apiserver-autoregistration":
            health.add(autoregistered)
    health.readyz.append(lifecycle.shutdown_check())
