"""The watch cache of pods over a store that others write to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from miniapi.registry.encoding import StoredForm
from miniapi.registry.watch_cache import WatchCache
from miniapi.storage.own_writes import OwnWrites
from tests.registry.shared_store import SharedStore


@pytest.fixture
async def shared() -> AsyncIterator[SharedStore]:
    store = SharedStore()
    yield store
    await store.close()


@pytest.fixture
async def cache(shared: SharedStore) -> AsyncIterator[WatchCache]:
    cache = WatchCache(shared, "pods/", StoredForm(), OwnWrites())
    yield cache
    await cache.close()
