"""The stores' health among the server's (apiserver/pkg/server/options/etcd.go: ApplyWithStorageFactoryTo)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from miniapi.server.health import CheckFailed, Health, HealthCheck
from miniapi.storage.encryption_transformers import TransformError
from miniapi.storage.factory import StorageFactory
from miniapi.storage.interface import StoreUnavailable

log = logging.getLogger(__name__)


def apply_with_storage_factory(factory: StorageFactory, health: Health) -> None:
    """Adds the factory's health checks to the server's."""
    for check in factory.health_checks():
        told = HealthCheck(check.name, _logged(check.name, check.probe))
        if check.ready_only:
            health.readyz.append(told)
        else:
            health.add(told)


def _logged(name: str, probe: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        try:
            await probe()
        except (StoreUnavailable, TransformError) as problem:
            log.error("health check %s: %s", name, problem)
            raise CheckFailed(str(problem)) from None

    return check
