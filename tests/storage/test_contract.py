"""The contract on every store that there is."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from miniapi.storage.embedded import open_store
from miniapi.storage.encryption import EncryptedStore, Encryption
from miniapi.storage.interface import Store
from miniapi.storage.memory import MemoryStore
from tests.storage.contract import StoreContract


class TestMemory(StoreContract):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        store = MemoryStore()
        yield store
        await store.close()


class TestEmbedded(StoreContract):
    @pytest.fixture(params=[True, False], ids=["fsync", "no-fsync"])
    async def store(self, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
        store = open_store(tmp_path / "data", fsync=request.param)
        yield store
        await store.close()


class _Closing(EncryptedStore):
    """An encrypted store that is closed with the one behind it, which it has for itself here."""

    async def close(self) -> None:
        await self._store.close()


class TestEmbeddedEncrypted(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        config = tmp_path / "encryption.yaml"
        keys = [{"name": "k", "secret": base64.b64encode(bytes(32)).decode()}]
        rules = [{"resources": ["*.*"], "providers": [{"aesgcm": {"keys": keys}}]}]
        config.write_text(
            json.dumps(
                {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": rules}
            )
        )
        store = _Closing(open_store(tmp_path / "data", fsync=False), Encryption(str(config)), "", "secrets")
        yield store
        await store.close()


@pytest.fixture(scope="module")
def server(start_etcd: Any) -> Any:
    return start_etcd(1)[0]


@pytest.mark.etcd
class TestEtcd(StoreContract):
    @pytest.fixture
    async def store(self, server: Any, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
        from miniapi.storage.etcd import EtcdStore

        # A prefix of its own gives each test an empty store on the one etcd.
        store = EtcdStore([server.url], prefix=f"/{request.node.name}")
        yield store
        await store.close()
