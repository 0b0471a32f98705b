"""Encryption at rest: which transformer a resource has now, and a store that keeps its values with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from miniapi.storage import encryption_config
from miniapi.storage.encryption_config import ConfigError, GroupResource, Provider, Rule
from miniapi.storage.encryption_transformers import (
    AesCbc,
    AesGcm,
    Identity,
    Prefixed,
    Secretbox,
    Transformer,
    TransformError,
)
from miniapi.storage.interface import Event, KeyConflict, Page, Progress, Store, Stored, StoreUnavailable
from miniapi.storage.kms import KmsProvider, KmsService

RELOAD_SECONDS = 60.0
"""How often the configuration file is looked at."""
CLOSE_SECONDS = 10.0
"""How long a replaced plugin connection stays for what is under way."""

log = logging.getLogger(__name__)


class UnreadableValue(StoreUnavailable):
    """A value that the configured keys cannot decrypt, or encrypt: the store itself is well."""


@dataclass(frozen=True, slots=True)
class Transformers:
    """What one version of the configuration says."""

    by_resource: Mapping[GroupResource, Transformer]
    kms: Sequence[KmsProvider]

    def of(self, group: str, plural: str) -> Transformer:
        """Its own rule, its group's, everything's, or identity."""
        for key in ((group, plural), (group, "*"), ("*", "*")):
            found = self.by_resource.get(key)
            if found is not None:
                return found
        return Identity()


def build(rules: Sequence[Rule]) -> Transformers:
    """The transformers of a parsed configuration; connects to nothing."""
    chosen: dict[GroupResource, list[tuple[bytes, Transformer]]] = {}
    kms: list[KmsProvider] = []
    for rule in rules:
        choices = [_choice(provider, kms) for provider in rule.providers]
        for resource in rule.resources:
            chosen.setdefault(resource, []).extend(choices)
    return Transformers({r: Prefixed(tuple(c), "no matching prefix found") for r, c in chosen.items()}, tuple(kms))


def _choice(provider: Provider, kms: list[KmsProvider]) -> tuple[bytes, Transformer]:
    if provider.kind == "identity":
        return b"", Identity()
    if provider.kind == "kms":
        plugin = KmsProvider(provider.name, KmsService(provider.endpoint, provider.timeout_seconds))
        kms.append(plugin)
        return f"k8s:enc:kms:v2:{provider.name}:".encode(), plugin
    ciphers: Mapping[str, Callable[[bytes], Transformer]] = {
        "aesgcm": AesGcm,
        "aescbc": AesCbc,
        "secretbox": Secretbox,
    }
    make = ciphers[provider.kind]
    family = "Secretbox" if provider.kind == "secretbox" else "AES"
    keys = Prefixed(
        tuple((f"{name}:".encode(), make(secret)) for name, secret in provider.keys),
        f"no matching key was found for the provided {family} transformer",
    )
    return f"k8s:enc:{provider.kind}:v1:".encode(), keys


class Encryption:
    """The configuration in use. Raises ConfigError when made."""

    def __init__(self, path: str, *, reload: bool = False, reload_seconds: float = RELOAD_SECONDS) -> None:
        self._path, self._reload, self._reload_seconds = path, reload, reload_seconds
        rules, self._hash = encryption_config.load(path, reload=reload)
        self.current = build(rules)
        self._probes: list[asyncio.Task[None]] = []
        self._reloader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Asks the plugins for their first seeds, again and again those that do not answer; watches the file."""
        await self._prime(self.current)
        self._probes = [asyncio.create_task(plugin.run()) for plugin in self.current.kms]
        if self._reload:
            self._reloader = asyncio.create_task(self._follow_file())

    def checks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Health checks by name: `kms-providers` where the configuration is reloaded, else one per plugin."""
        if self._reload:
            return {"kms-providers": self._check_all}
        return {f"kms-provider-{i}": plugin.check for i, plugin in enumerate(self.current.kms)}

    async def close(self) -> None:
        """Stops watching, lets the plugins go."""
        tasks = [*self._probes, *([self._reloader] if self._reloader else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for plugin in self.current.kms:
            await plugin.close()

    async def reload_now(self) -> bool:
        """Takes over a changed configuration: True if there was one; ConfigError, or TransformError from a plugin."""
        rules, digest = await asyncio.to_thread(encryption_config.load, self._path, reload=True)
        if digest == self._hash:
            return False
        fresh = build(rules)
        try:
            for plugin in fresh.kms:
                await plugin.check()
        except TransformError:
            for plugin in fresh.kms:
                await plugin.close()
            raise
        old, self.current, self._hash = self.current, fresh, digest
        stopped, self._probes = self._probes, [asyncio.create_task(plugin.run()) for plugin in fresh.kms]
        for task in stopped:
            task.cancel()
        self._probes += [asyncio.create_task(_close_later(plugin)) for plugin in old.kms]
        return True

    async def _follow_file(self) -> None:
        while True:
            await asyncio.sleep(self._reload_seconds)
            try:
                if await self.reload_now():
                    log.info("loaded the new encryption configuration %s", self._path)
            except (ConfigError, TransformError) as problem:
                log.error("kept the old encryption configuration, %s cannot be used: %s", self._path, problem)

    async def _prime(self, transformers: Transformers) -> None:
        for plugin in transformers.kms:
            try:
                await plugin.check()
            except TransformError as problem:
                log.error("kms plugin %s: %s", plugin.name, problem)

    async def _check_all(self) -> None:
        problems = []
        for plugin in self.current.kms:
            try:
                await plugin.check()
            except TransformError as problem:
                problems.append(str(problem))
        if problems:
            raise TransformError("; ".join(problems))


async def _close_later(plugin: KmsProvider) -> None:
    await asyncio.sleep(CLOSE_SECONDS)
    await plugin.close()


class EncryptedStore:
    """A store whose values one resource's transformer keeps; `root` and the key are what a value is tied to."""

    def __init__(self, store: Store, encryption: Encryption, group: str, plural: str, root: str = "/registry/") -> None:
        self._store, self._encryption, self._root = store, encryption, root
        self._group, self._plural = group, plural

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        """`Store.get`."""
        found = await self._store.get(key, revision=revision)
        return await self._open(found) if found is not None else None

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """`Store.scan`."""
        page = await self._store.scan(prefix, after=after, limit=limit, revision=revision)
        return replace(page, items=[await self._open(item) for item in page.items])

    async def count(self, prefix: str) -> int:
        """`Store.count`."""
        return await self._store.count(prefix)

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        """`Store.put`."""
        context = (self._root + key).encode()
        try:
            sealed = await self._transformer.write(value, context)
        except TransformError as problem:
            raise UnreadableValue(f'unable to transform key "{self._root}{key}": {problem}') from None
        try:
            return await self._store.put(key, sealed, expected=expected, lease_seconds=lease_seconds)
        except KeyConflict as conflict:
            raise await self._conflict(conflict) from None

    async def delete(self, key: str, *, expected: int) -> int:
        """`Store.delete`."""
        try:
            return await self._store.delete(key, expected=expected)
        except KeyConflict as conflict:
            raise await self._conflict(conflict) from None

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """`Store.watch`."""
        return _Opened(self, self._store.watch(prefix, after=after))

    async def revision(self) -> int:
        """`Store.revision`."""
        return await self._store.revision()

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        """`Store.hasten`."""
        await self._store.hasten(prefix, revision)

    async def compact(self, revision: int) -> None:
        """`Store.compact`."""
        await self._store.compact(revision)

    async def ready(self) -> None:
        """`Store.ready`."""
        await self._store.ready()

    async def close(self) -> None:
        """Nothing: the store behind is shared, and closed by who made it."""

    @property
    def _transformer(self) -> Transformer:
        return self._encryption.current.of(self._group, self._plural)

    async def _open(self, stored: Stored) -> Stored:
        try:
            value, stale = await self._transformer.read(stored.value, (self._root + stored.key).encode())
        except TransformError as problem:
            raise UnreadableValue(f'unable to transform key "{self._root}{stored.key}": {problem}') from None
        return replace(stored, value=value, stale=stale)

    async def _conflict(self, conflict: KeyConflict) -> KeyConflict:
        return KeyConflict(conflict.key, await self._open(conflict.current) if conflict.current else None)

    async def open_event(self, event: Event) -> Event:
        """The event with its values decrypted."""
        return Event(
            event.revision,
            event.key,
            await self._open(event.current) if event.current else None,
            await self._open(event.previous) if event.previous else None,
        )


class _Opened:
    """A watch whose events are decrypted on their way."""

    def __init__(
        self, store: EncryptedStore, inner: AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]
    ) -> None:
        self._store, self._inner = store, inner

    async def __aenter__(self) -> AsyncIterator[Sequence[Event] | Progress]:
        return self._events(await self._inner.__aenter__())

    async def __aexit__(self, *problem: object) -> bool | None:
        return await self._inner.__aexit__(*problem)  # type: ignore[arg-type]

    async def _events(
        self, batches: AsyncIterator[Sequence[Event] | Progress]
    ) -> AsyncIterator[Sequence[Event] | Progress]:
        async for batch in batches:
            if isinstance(batch, Progress):
                yield batch
            else:
                yield [await self._store.open_event(event) for event in batch]
