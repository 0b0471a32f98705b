"""Which store keeps which resource (apiserver/pkg/server/storage: StorageFactoryConfig, complete, new).

The only place that knows all stores; each is imported where it is first wanted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from miniapi.storage.index import FIRST_REVISION
from miniapi.storage.interface import Store, StoreUnavailable
from miniapi.storage.keys import root, storage_prefix
from miniapi.storage.options import (
    EMBEDDED,
    ETCD3,
    JSON,
    MEMORY,
    EtcdOptions,
    GroupResource,
    overrides,
)
from miniapi.storage.own_writes import OwnWrites

if TYPE_CHECKING:
    from miniapi.storage.encryption import Encryption

JSON_GROUPS = frozenset(("apiextensions.k8s.io", "apiregistration.k8s.io"))
"""Groups whose objects are JSON whatever --storage-media-type says."""
Servers = tuple[str, ...]
START_SECONDS = 20.0
"""How long a server that starts waits for its stores."""

log = logging.getLogger(__name__)


@runtime_checkable
class Measured(Protocol):
    """A store that knows how much room it takes."""

    async def size_bytes(self) -> dict[str, int]:
        """By server or file."""
        ...


class StorageConfigError(Exception):
    """The options cannot be fulfilled; the message names the flag."""


@dataclass(frozen=True, slots=True)
class ResourceStorage:
    """Where and how one resource's objects lie."""

    store: Store
    prefix: str
    """Without a slash at either end; keys are `prefix/namespace/name` or `prefix/name`."""
    media_type: str
    shared: bool = False
    """Whether other servers may write to the store too."""
    cached: bool = False
    """Whether a watch cache is wanted in front of a shared one."""
    writes: OwnWrites = field(default_factory=OwnWrites)
    """This process's writes to the store, of all resources."""
    began: Callable[[], int] = lambda: 0
    """The store's revision when this server began to serve; 0 before that."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A named check; `probe` raises what is wrong."""

    name: str
    probe: Callable[[], Awaitable[None]]
    ready_only: bool = False
    """Only for /readyz."""


@dataclass(frozen=True, slots=True)
class StorageFactoryConfig:
    """What is known before the options."""

    default_data_dir: Path
    """Of the embedded store, where --data-dir is not given."""

    def complete(self, options: EtcdOptions) -> CompletedStorageFactoryConfig:
        """Adds the options, which must be valid; StorageConfigError names every fault."""
        problems = options.validate()
        if problems:
            raise StorageConfigError("; ".join(problems))
        data_dir = Path(options.data_dir).expanduser() if options.data_dir else self.default_data_dir
        return CompletedStorageFactoryConfig(options, data_dir, overrides(options.etcd_servers_overrides)[0])


@dataclass(frozen=True, slots=True)
class CompletedStorageFactoryConfig:
    """Everything a factory needs."""

    options: EtcdOptions
    data_dir: Path
    etcd_locations: Mapping[GroupResource, Servers]

    def new(self) -> StorageFactory:
        """Opens the embedded store, reads the encryption configuration; connects to nothing.

        StorageConfigError for the configuration, StoreUnavailable for the embedded store's files.
        """
        return StorageFactory(self)


class StorageFactory:
    """Hands out each resource's storage; stores are shared by all that name the same servers."""

    def __init__(self, config: CompletedStorageFactoryConfig) -> None:
        self._options, self._data_dir = config.options, config.data_dir
        self._locations = config.etcd_locations
        self._encryption = self._load_encryption()
        self._default: Servers = tuple(self._options.etcd_servers) if self._options.backend == ETCD3 else ()
        self._stores: dict[Servers, Store] = {}
        self._resources: dict[tuple[str, str, bool], ResourceStorage] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._began: dict[Store, int] = {}
        self._writes: dict[Store, OwnWrites] = {}
        self._new: list[Store] = []
        """Local stores that were empty when the server started."""
        self._counts: tuple[float, dict[str, int]] = (0.0, {})
        self._sizes: tuple[float, list[int]] = (0.0, [])
        for servers in (self._default, *self._locations.values()):
            self.store(servers)

    def resource_storage(self, group: str, plural: str, *, custom: bool = False) -> ResourceStorage:
        """Where a resource lies; the same answer each time."""
        # Both Event groups are one resource in storage.
        if (group, plural) == ("events.k8s.io", "events"):
            group = ""
        found = self._resources.get((group, plural, custom))
        if found is None:
            store = behind = self.store(self._locations.get((group, plural), self._default))
            if self._encryption is not None:
                from miniapi.storage.encryption import EncryptedStore

                store = EncryptedStore(store, self._encryption, group, plural, root(self._options.etcd_prefix))
            media_type = JSON if custom or group in JSON_GROUPS else self._options.media_type
            found = ResourceStorage(
                store,
                storage_prefix(group, plural, custom=custom),
                media_type,
                shared=_shared(behind),
                cached=self._options.watch_cache and self._options.watch_cache_size(group, plural) != 0,
                writes=self._writes.setdefault(behind, OwnWrites()),
                began=lambda: self._began.get(behind, 0),
            )
            self._resources[group, plural, custom] = found
        return found

    def store(self, servers: Servers = ()) -> Store:
        """The store behind a set of servers, unencrypted; the default one without any."""
        servers = servers or self._default
        found = self._stores.get(servers)
        if found is None:
            found = self._stores[servers] = self._open(servers)
        return found

    async def start(self, most_seconds: float = START_SECONDS) -> None:
        """Waits for the stores, begins compaction, keeps encryption up to date.

        StoreUnavailable if they do not answer within `most_seconds`. Until then kms cannot be used.
        """
        await self._wait_until_ready(most_seconds)
        if self._encryption is not None:
            await self._encryption.start()
        for store in self._stores.values():
            if not _shared(store) and await store.revision() == FIRST_REVISION:
                self._new.append(store)
        interval = self._options.compaction_interval
        if interval:
            for store in self._stores.values():
                self._tasks.append(asyncio.create_task(self._compaction(store, interval)))

    async def begin_history(self) -> None:
        """What filled a new store before it served anybody cannot be watched, as after the original starts."""
        for store in self._stores.values():
            self._began[store] = await store.revision()
            if store in self._new:
                await store.compact(self._began[store])

    def place(self) -> str:
        """Where objects lie, for a reader."""
        if self._options.backend == MEMORY:
            return "memory (nothing is kept)"
        return ", ".join(self._default) or str(self._data_dir)

    async def close(self) -> None:
        """Ends the tasks, closes every store."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._encryption is not None:
            await self._encryption.close()
        for store in self._stores.values():
            await store.close()

    def health_checks(self) -> Sequence[HealthCheck]:
        """`etcd` for all endpoints, `etcd-readiness` for /readyz, and one for each kms plugin.

        The names are the original's, whichever store it is: what probes them need not know.
        """
        checks = [
            HealthCheck("etcd", lambda: self.ready(self._options.healthcheck_timeout)),
            HealthCheck("etcd-readiness", lambda: self.ready(self._options.readycheck_timeout), ready_only=True),
        ]
        if self._encryption is not None:
            checks += [HealthCheck(name, probe) for name, probe in self._encryption.checks().items()]
        return checks

    async def ready(self, timeout_seconds: float = 2.0) -> None:
        """Returns if all stores answer in time; StoreUnavailable says what is wrong with those that do not."""

        async def ask(store: Store) -> str:
            try:
                async with asyncio.timeout(timeout_seconds):
                    await store.ready()
            except TimeoutError:
                return f"no answer within {timeout_seconds:g} s"
            except StoreUnavailable as problem:
                return str(problem)
            return ""

        problems = [problem for problem in await asyncio.gather(*map(ask, self._stores.values())) if problem]
        if problems:
            raise StoreUnavailable("; ".join(problems))

    async def _wait_until_ready(self, most_seconds: float) -> None:
        deadline = time.monotonic() + most_seconds
        told = False
        while True:
            try:
                return await self.ready(self._options.healthcheck_timeout)
            except StoreUnavailable as problem:
                if time.monotonic() >= deadline:
                    raise
                if not told:
                    log.warning("waiting for the store: %s", problem)
                told = True
            await asyncio.sleep(0.25)

    async def counts(self) -> Mapping[str, int]:
        """Objects by `resource.group` for metrics, at most --etcd-count-metric-poll-period old; -1 where unknown."""
        period = self._options.count_metric_poll_period
        counted_at, found = self._counts
        if period and (not found or time.monotonic() - counted_at >= period):
            found = {}
            for (group, plural, _), storage in list(self._resources.items()):
                name = f"{plural}.{group}" if group else plural
                try:
                    async with asyncio.timeout(self._options.healthcheck_timeout):
                        found[name] = await storage.store.count(f"{storage.prefix}/")
                except (StoreUnavailable, TimeoutError):
                    found[name] = -1
            self._counts = (time.monotonic(), found)
        return found

    async def sizes(self) -> Sequence[int]:
        """Bytes that each server's database takes, for metrics, at most --etcd-db-metric-poll-interval old.

        Servers that do not answer are left out, and so is a store in memory.
        """
        period = self._options.db_metric_poll_interval
        measured_at, found = self._sizes
        if period and (not found or time.monotonic() - measured_at >= period):
            stores = [store for store in self._stores.values() if isinstance(store, Measured)]
            found = [size for store in stores for size in (await store.size_bytes()).values()]
            self._sizes = (time.monotonic(), found)
        return found

    def _load_encryption(self) -> Encryption | None:
        path = self._options.encryption_provider_config
        if not path:
            return None
        from miniapi.storage.encryption import Encryption
        from miniapi.storage.encryption_config import ConfigError

        try:
            return Encryption(path, reload=self._options.encryption_provider_config_automatic_reload)
        except ConfigError as problem:
            raise StorageConfigError(f"--encryption-provider-config: {problem}") from None

    def _open(self, servers: Servers) -> Store:
        options = self._options
        if servers:
            from miniapi.storage.etcd import EtcdStore
            from miniapi.storage.etcd_client import Credentials

            return EtcdStore(
                servers,
                prefix=options.etcd_prefix,
                credentials=Credentials(options.etcd_cafile, options.etcd_certfile, options.etcd_keyfile),
                ready_timeout_seconds=0.9 * min(options.healthcheck_timeout, options.readycheck_timeout),
                lease_reuse_seconds=options.lease_reuse_duration_seconds,
            )
        if options.backend == MEMORY:
            from miniapi.storage.memory import MemoryStore

            return MemoryStore()
        assert options.backend == EMBEDDED
        from miniapi.storage.embedded import open_store

        return open_store(self._data_dir, fsync=options.embedded_fsync)

    async def _compaction(self, store: Store, interval_seconds: float) -> None:
        cluster = getattr(store, "cluster", None)
        if cluster is not None:
            from miniapi.storage.etcd_compaction import compact_in_turn

            await compact_in_turn(cluster, interval_seconds)
        revision = 0
        while True:
            try:
                now = await store.revision()
                if revision:
                    await store.compact(revision)
                revision = now
            except StoreUnavailable as problem:
                log.warning("the store was not compacted: %s", problem)
            await asyncio.sleep(interval_seconds)


def _shared(store: Store) -> bool:
    """Whether other servers may use the same store."""
    return hasattr(store, "cluster")
