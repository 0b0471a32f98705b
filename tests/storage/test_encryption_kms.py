"""KMS v2 with a plugin on a unix socket: seeds, health, rotation, and what the original would have written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import yaml

from miniapi.storage.encryption import EncryptedStore, Encryption, UnreadableValue
from miniapi.storage.encryption_transformers import AesGcm, ExtendedNonceGcm, TransformError
from miniapi.storage.generated.kms import v2_pb2
from miniapi.storage.memory import MemoryStore
from tests.storage.kms_plugin import Plugin, running_plugin

VALUE = b'{"kind":"Secret"}'


@pytest.fixture
def socket() -> Iterator[str]:
    # A short path: a unix socket's may have some 100 bytes only.
    with tempfile.TemporaryDirectory(prefix="kms-") as directory:
        yield os.path.join(directory, "s")


@pytest.fixture
async def plugin(socket: str) -> AsyncIterator[Plugin]:
    async with running_plugin(socket) as plugin:
        yield plugin


def configured(path: Path, socket: str, reload: bool = False) -> Encryption:
    kms = {"apiVersion": "v2", "name": "vault", "endpoint": f"unix://{socket}", "timeout": "1s"}
    rules = [{"resources": ["secrets"], "providers": [{"kms": kms}, {"identity": {}}]}]
    path.write_text(
        yaml.safe_dump(
            {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": rules}
        )
    )
    return Encryption(str(path), reload=reload)


@pytest.fixture
async def encryption(tmp_path: Path, socket: str, plugin: Plugin) -> AsyncIterator[Encryption]:
    encryption = configured(tmp_path / "c", socket)
    await encryption.start()
    yield encryption
    await encryption.close()


def recheck(encryption: Encryption) -> None:
    """Lets the next check ask the plugin."""
    encryption.current.kms[0]._checked_until = 0.0


async def test_values_carry_the_encrypted_seed_and_the_plugin_is_asked_once(
    encryption: Encryption, plugin: Plugin
) -> None:
    memory = MemoryStore()
    store = EncryptedStore(memory, encryption, "", "secrets")
    for i in range(5):
        await store.put(f"secrets/{i}", VALUE, expected=0)
    assert [s.value for s in (await store.scan("secrets/")).items] == [VALUE] * 5
    assert plugin.calls == ["status", "encrypt"]
    raw = await memory.get("secrets/0")
    assert raw is not None
    assert raw.value.startswith(b"k8s:enc:kms:v2:vault:")
    envelope = v2_pb2.EncryptedObject.FromString(raw.value.removeprefix(b"k8s:enc:kms:v2:vault:"))
    assert (envelope.keyID, dict(envelope.annotations)) == ("key-1", {"a.example": b"1"})
    assert envelope.encryptedDEKSourceType == v2_pb2.HKDF_SHA256_XNONCE_AES_GCM_SEED
    seed = bytes(b ^ 0x5A for b in envelope.encryptedDEKSource)
    assert await ExtendedNonceGcm(seed).read(envelope.encryptedData, b"/registry/secrets/0") == (VALUE, False)


async def test_another_servers_seed_is_decrypted_once(
    encryption: Encryption, plugin: Plugin, tmp_path: Path, socket: str
) -> None:
    memory = MemoryStore()
    await EncryptedStore(memory, encryption, "", "secrets").put("secrets/a", VALUE, expected=0)
    other = configured(tmp_path / "other", socket)
    await other.start()
    store = EncryptedStore(memory, other, "", "secrets")
    for _ in range(3):
        found = await store.get("secrets/a")
        assert found is not None
        assert (found.value, found.stale) == (VALUE, False)
    assert plugin.calls.count("decrypt") == 1
    await other.close()


async def test_what_was_written_with_a_plain_key_is_read_and_stale(encryption: Encryption) -> None:
    """Before 1.29 the original encrypted with one AES-GCM key instead of a seed."""
    key = bytes(range(32))
    envelope = v2_pb2.EncryptedObject(
        encryptedData=AesGcm(key).seal(VALUE, b"/registry/secrets/a"),
        keyID="key-1",
        encryptedDEKSource=bytes(b ^ 0x5A for b in key),
        annotations={"a.example": b"1"},
    )
    memory = MemoryStore()
    await memory.put("secrets/a", b"k8s:enc:kms:v2:vault:" + envelope.SerializeToString(), expected=0)
    found = await EncryptedStore(memory, encryption, "", "secrets").get("secrets/a")
    assert found is not None
    assert (found.value, found.stale) == (VALUE, True)


async def test_a_new_key_of_the_plugin_makes_a_new_seed_and_old_values_stale(
    encryption: Encryption, plugin: Plugin
) -> None:
    store = EncryptedStore(MemoryStore(), encryption, "", "secrets")
    await store.put("secrets/a", VALUE, expected=0)
    plugin.key_id = "key-2"
    recheck(encryption)
    await encryption.checks()["kms-provider-0"]()
    await store.put("secrets/b", VALUE, expected=0)
    assert [s.stale for s in (await store.scan("secrets/")).items] == [True, False]


async def test_an_unhealthy_plugin_is_told_and_writes_go_on_till_the_seed_expires(
    encryption: Encryption, plugin: Plugin
) -> None:
    store = EncryptedStore(MemoryStore(), encryption, "", "secrets")
    plugin.healthz, plugin.version = "sealed", "v9"
    recheck(encryption)
    for _ in range(2):
        with pytest.raises(TransformError) as problem:
            await encryption.checks()["kms-provider-0"]()
        assert str(problem.value) == (
            "kmsv2 Provider vault is not healthy, error: [got unexpected healthz status: sealed,"
            " expected KMSv2 API version v2, got v9]"
        )
    assert plugin.calls.count("status") == 2, "the answer stands for a while"
    await store.put("secrets/a", VALUE, expected=0)
    provider = encryption.current.kms[0]
    assert provider._seed is not None
    seed = provider._seed
    provider._seed = type(seed)(seed.transformer, seed.encrypted, seed.key_id, seed.annotations, 0.0)
    with pytest.raises(UnreadableValue, match=r'encryptedDEKSource with keyID hash "sha256:[0-9a-f]{64}" expired'):
        await store.put("secrets/b", VALUE, expected=0)
    assert await store.get("secrets/a") is not None


async def test_a_plugin_that_is_not_there_fails_writes_and_health_not_the_start(tmp_path: Path, socket: str) -> None:
    encryption = configured(tmp_path / "c", socket, reload=True)
    await encryption.start()
    store = EncryptedStore(MemoryStore(), encryption, "", "secrets")
    with pytest.raises(UnreadableValue, match=r"unable to transform key .*secrets/a"):
        await store.put("secrets/a", VALUE, expected=0)
    with pytest.raises(TransformError, match="failed to perform status section of the healthz check for KMS Provider"):
        await encryption.checks()["kms-providers"]()
    await encryption.close()
