"""The contract on every store that there is."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from miniapi.storage.embedded import open_store
from miniapi.storage.encryption import EncryptedStore, Encryption
from miniapi.storage.interface import Store
from miniapi.storage.memory import MemoryStore
from tests.storage.contract import StoreContract
from tests.storage.pki import Pki


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


def encryption(path: Path, provider: dict[str, Any]) -> Encryption:
    rules = [{"resources": ["*.*"], "providers": [provider]}]
    path.write_text(
        json.dumps({"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": rules})
    )
    return Encryption(str(path))


class TestEmbeddedEncrypted(StoreContract):
    @pytest.fixture(params=["identity", "aescbc", "aesgcm", "secretbox"])
    async def store(self, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
        keys = [{"name": "k", "secret": base64.b64encode(bytes(32)).decode()}]
        provider = {request.param: {} if request.param == "identity" else {"keys": keys}}
        keeper = encryption(tmp_path / "encryption.yaml", provider)
        store = _Closing(open_store(tmp_path / "data", fsync=False), keeper, "", "secrets")
        yield store
        await store.close()


class TestEmbeddedEncryptedByPlugin(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        from tests.storage.kms_plugin import running_plugin

        # A short path: a unix socket's may have some 100 bytes only.
        with tempfile.TemporaryDirectory(prefix="kms-") as directory:
            async with running_plugin(f"{directory}/s"):
                kms = {"apiVersion": "v2", "name": "vault", "endpoint": f"unix://{directory}/s"}
                keeper = encryption(tmp_path / "encryption.yaml", {"kms": kms})
                await keeper.start()
                store = _Closing(open_store(tmp_path / "data", fsync=False), keeper, "", "secrets")
                yield store
                await store.close()
                await keeper.close()


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


@pytest.fixture(scope="module")
def tls_server(start_etcd: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    pki = Pki.made_in(tmp_path_factory.mktemp("pki"))
    return start_etcd(1, *pki.server_flags(), scheme="https")[0], pki


@pytest.mark.etcd
class TestEtcdTls(StoreContract):
    @pytest.fixture
    async def store(self, tls_server: Any, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
        from miniapi.storage.etcd import EtcdStore
        from miniapi.storage.etcd_client import Credentials

        member, pki = tls_server
        credentials = Credentials(pki.ca, pki.client_crt, pki.client_key)
        store = EtcdStore([member.url], prefix=f"/{request.node.name}", credentials=credentials)
        yield store
        await store.close()
