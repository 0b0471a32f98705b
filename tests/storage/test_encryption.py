"""Encryption at rest: what lies in the store, what the original would read of it, and how keys are rotated."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from miniapi.storage.encryption import EncryptedStore, Encryption, UnreadableValue
from miniapi.storage.encryption_config import ConfigError, parse
from miniapi.storage.encryption_transformers import AesGcm, ExtendedNonceGcm, Identity, TransformError
from miniapi.storage.interface import KeyConflict
from miniapi.storage.memory import MemoryStore

KEY1, KEY2 = bytes(range(32)), bytes(range(1, 33))
VALUE = b'{"kind":"Secret"}'


def keyed(provider: str, *keys: tuple[str, bytes]) -> dict[str, Any]:
    return {provider: {"keys": [{"name": n, "secret": base64.b64encode(k).decode()} for n, k in keys]}}


def config(*rules: tuple[list[str], list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": r, "providers": p} for r, p in rules],
    }


def written(path: Path, document: Any) -> str:
    path.write_text(yaml.safe_dump(document))
    return str(path)


@pytest.fixture
async def memory() -> AsyncIterator[MemoryStore]:
    store = MemoryStore()
    yield store
    await store.close()


def secrets(memory: MemoryStore, path: Path, *providers: dict[str, Any]) -> EncryptedStore:
    encryption = Encryption(written(path, config((["secrets"], list(providers)))))
    return EncryptedStore(memory, encryption, "", "secrets")


@pytest.mark.parametrize("provider", ["aescbc", "aesgcm", "secretbox"])
async def test_values_lie_encrypted_under_the_originals_prefix(
    provider: str, memory: MemoryStore, tmp_path: Path
) -> None:
    store = secrets(memory, tmp_path / "c", keyed(provider, ("key1", KEY1)))
    await store.put("secrets/ns/a", VALUE, expected=0)
    raw = await memory.get("secrets/ns/a")
    assert raw is not None
    assert raw.value.startswith(f"k8s:enc:{provider}:v1:key1:".encode())
    assert VALUE not in raw.value
    found = await store.get("secrets/ns/a")
    assert found is not None
    assert (found.value, found.stale) == (VALUE, False)


async def test_cbc_is_the_originals_byte_for_byte(memory: MemoryStore, tmp_path: Path) -> None:
    """Made with: printf '{"kind":"Secret"}' | openssl enc -aes-256-cbc -K 00..1f -iv 000102..0f."""
    made = bytes(range(16)) + bytes.fromhex("1e99f42a87db9ef8ab2a289efc82058d9b6df3c3b806157e27663d659124bb7a")
    store = secrets(memory, tmp_path / "c", keyed("aescbc", ("key1", KEY1)))
    await memory.put("secrets/ns/a", b"k8s:enc:aescbc:v1:key1:" + made, expected=0)
    found = await store.get("secrets/ns/a")
    assert found is not None
    assert found.value == VALUE


async def test_a_gcm_value_belongs_to_its_full_key(memory: MemoryStore, tmp_path: Path) -> None:
    store = secrets(memory, tmp_path / "c", keyed("aesgcm", ("key1", KEY1)))
    await store.put("secrets/ns/a", VALUE, expected=0)
    raw = await memory.get("secrets/ns/a")
    assert raw is not None
    sealed = raw.value.removeprefix(b"k8s:enc:aesgcm:v1:key1:")
    assert AesGcm(KEY1).open(sealed, b"/registry/secrets/ns/a") == VALUE
    await memory.put("secrets/ns/b", raw.value, expected=0)
    with pytest.raises(
        UnreadableValue,
        match=r'unable to transform key "/registry/secrets/ns/b": cipher: message authentication failed',
    ):
        await store.get("secrets/ns/b")


async def test_the_extended_nonce_derives_a_key_by_hkdf_expand() -> None:
    transformer = ExtendedNonceGcm(KEY1)
    data = await transformer.write(VALUE, b"k")
    derived = hmac.new(KEY1, data[:32] + b"\x01", hashlib.sha256).digest()
    assert AesGcm(derived).open(data[32:], b"k") == VALUE
    assert await transformer.read(data, b"k") == (VALUE, False)
    with pytest.raises(TransformError, match="shorter than the required size"):
        await transformer.read(data[:20], b"k")


async def test_keys_are_rotated_by_writing_again(memory: MemoryStore, tmp_path: Path) -> None:
    path = tmp_path / "c"
    old = secrets(memory, path, keyed("aescbc", ("key1", KEY1)), {"identity": {}})
    await old.put("secrets/ns/a", VALUE, expected=0)
    await memory.put("secrets/ns/plain", VALUE, expected=0)
    new = secrets(memory, path, keyed("aescbc", ("key2", KEY2), ("key1", KEY1)), {"identity": {}})
    for item in (await new.scan("secrets/")).items:
        assert (item.value, item.stale) == (VALUE, True)
        await new.put(item.key, item.value, expected=item.mod_revision)
    assert [i.stale for i in (await new.scan("secrets/")).items] == [False, False]
    last = secrets(memory, path, keyed("aescbc", ("key2", KEY2)))
    assert [i.value for i in (await last.scan("secrets/")).items] == [VALUE, VALUE]
    with pytest.raises(UnreadableValue, match="no matching key was found for the provided AES transformer"):
        await old.get("secrets/ns/a")


async def test_the_same_provider_twice_tries_both(memory: MemoryStore, tmp_path: Path) -> None:
    old = secrets(memory, tmp_path / "c", keyed("aescbc", ("1", KEY1)))
    await old.put("secrets/a", VALUE, expected=0)
    both = secrets(memory, tmp_path / "c", keyed("aescbc", ("2", KEY2)), keyed("aescbc", ("1", KEY1)))
    found = await both.get("secrets/a")
    assert found is not None
    assert (found.value, found.stale) == (VALUE, True)


async def test_identity_first_migrates_away(memory: MemoryStore, tmp_path: Path) -> None:
    old = secrets(memory, tmp_path / "c", keyed("secretbox", ("1", KEY1)))
    await old.put("secrets/a", VALUE, expected=0)
    away = secrets(memory, tmp_path / "c", {"identity": {}}, keyed("secretbox", ("1", KEY1)))
    found = await away.get("secrets/a")
    assert found is not None
    assert (found.value, found.stale) == (VALUE, True)
    with pytest.raises(TransformError, match="identity transformer tried to read encrypted data"):
        await Identity().read(b"k8s:enc:aescbc:v1:x", b"")
    other = EncryptedStore(memory, away._encryption, "", "configmaps")
    with pytest.raises(UnreadableValue, match="identity transformer tried to read encrypted data"):
        await other.get("secrets/a")


async def test_conflicts_and_events_come_decrypted(memory: MemoryStore, tmp_path: Path) -> None:
    store = secrets(memory, tmp_path / "c", keyed("aesgcm", ("1", KEY1)))
    start = await store.revision()
    revision = await store.put("secrets/a", VALUE, expected=0)
    with pytest.raises(KeyConflict) as conflict:
        await store.put("secrets/a", b"other", expected=0)
    assert conflict.value.current is not None
    assert conflict.value.current.value == VALUE
    await store.delete("secrets/a", expected=revision)
    async with store.watch("secrets/", after=start) as watch:
        batch = await anext(watch)
    assert isinstance(batch, list)
    values = [(e.current and e.current.value, e.previous and e.previous.value) for e in batch]
    assert values == [(VALUE, None), (None, VALUE)]


async def test_the_nearest_rule_wins(tmp_path: Path) -> None:
    rules = config(
        (["secrets"], [keyed("aesgcm", ("a", KEY1))]),
        (["*."], [keyed("aesgcm", ("b", KEY1))]),
        (["*.*"], [keyed("aesgcm", ("c", KEY1))]),
    )
    current = Encryption(written(tmp_path / "c", rules)).current
    for group, plural, name in (("", "secrets", b":a:"), ("", "pods", b":b:"), ("apps", "deployments", b":c:")):
        assert name in (await current.of(group, plural).write(b"", b""))[:24]


async def test_a_changed_file_is_taken_over_and_a_bad_one_is_not(memory: MemoryStore, tmp_path: Path) -> None:
    path = tmp_path / "c"
    first = config((["secrets"], [keyed("aesgcm", ("1", KEY1)), {"identity": {}}]))
    encryption = Encryption(written(path, first), reload=True)
    await encryption.start()
    store = EncryptedStore(memory, encryption, "", "secrets")
    await store.put("secrets/a", VALUE, expected=0)
    assert await encryption.reload_now() is False
    path.write_text("kind: Nonsense")
    with pytest.raises(ConfigError):
        await encryption.reload_now()
    written(path, config((["secrets"], [keyed("aesgcm", ("2", KEY2), ("1", KEY1))])))
    assert await encryption.reload_now() is True
    found = await store.get("secrets/a")
    assert found is not None
    assert found.stale
    assert list(encryption.checks()) == ["kms-providers"]
    await encryption.checks()["kms-providers"]()
    await encryption.close()


SHORT = base64.b64encode(b"short").decode()
FAULTS: list[tuple[Any, str]] = [
    ([], "resources: Required value: at least one resources is required"),
    ([{"resources": [], "providers": [{"identity": {}}]}],
     "resources[0].resources: Required value: at least one resources[0].resources is required"),
    ([{"resources": ["secrets"], "providers": []}],
     "resources[0].providers: Required value: at least one resources[0].providers is required"),
    ([{"resources": ["secrets"], "providers": [{"aesgcm": {"keys": []}}]}],
     "resources[0].providers[0].aesgcm.keys: Required value: at least one keys is required"),
    ([{"resources": ["secrets"], "providers": [{"aesgcm": {"keys": [{"name": "", "secret": ""}]}}]}],
     "[resources[0].providers[0].aesgcm.keys[0].name: Required value: name is a mandatory field for a key, "
     "resources[0].providers[0].aesgcm.keys[0].secret: Required value: secret is a mandatory field for a key]"),
    ([{"resources": ["secrets"], "providers": [{"aescbc": {"keys": [{"name": "a", "secret": SHORT}]}}]}],
     'resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length,'
     " got 5, expected one of [16 24 32]"),
    ([{"resources": ["secrets"], "providers": [{"secretbox": {"keys": [{"name": "a", "secret": "%%"}]}}]}],
     'resources[0].providers[0].secretbox.keys[0].secret: Invalid value: "REDACTED": secrets must be base64 encoded'),
    ([{"resources": ["*"], "providers": [{"identity": {}}]}],
     'resources[0].resources[0]: Invalid value: "*": use \'*.\' to encrypt all the resources from core API group or *.*'
     " to encrypt all resources"),
    ([{"resources": ["Secrets"], "providers": [{"identity": {}}]}],
     'resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital letters'),
    ([{"resources": ["secrets", "*."], "providers": [{"identity": {}}]}],
     'resources[0].resources: Invalid value: ["secrets","*."]: using overlapping resources such as \'secrets\' and \'*.\''  # noqa: E501
     " in the same resource list is not allowed as they will be masked"),
    ([{"resources": ["pods", "pods"], "providers": [{"identity": {}}]}],
     'resources[0].resources: Invalid value: ["pods","pods"]: the same resource cannot be specified multiple times'),
    ([{"resources": ["x.events.k8s.io"], "providers": [{"identity": {}}]}],
     'resources[0].resources[0]: Invalid value: "x.events.k8s.io": \'*.events.k8s.io\' objects are stored using the'
     " 'events' API group in etcd. Use 'events' instead in the config file"),
    ([{"resources": ["*."], "providers": [{"identity": {}}]}, {"resources": ["secrets"], "providers": [{"identity": {}}]}],  # noqa: E501
     'resource "secrets" is masked by earlier rule "*."'),
    ([{"resources": ["a"], "providers": [{"kms": {"apiVersion": "v2", "name": "a:b", "endpoint": "tcp://x"}}]}],
     "[resources[0].providers[0].kms.name: Invalid value: \"a:b\": invalid KMS provider name a:b, must not contain ':', "  # noqa: E501
     'resources[0].providers[0].kms.endpoint: Invalid value: "tcp://x": unsupported scheme "tcp" for KMS provider,'
     " only unix is supported]"),
    ([{"resources": ["a"], "providers": [{"kms": {"name": "a", "endpoint": "unix:///x"}}]}],
     "KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  "
     "Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature."),
]  # fmt: skip


@pytest.mark.parametrize(("resources", "message"), FAULTS)
def test_faults_are_told_in_the_originals_words(resources: Any, message: str) -> None:
    document = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": resources}
    with pytest.raises(ConfigError) as problem:
        parse(yaml.safe_dump(document).encode(), "/c", reload=False)
    assert str(problem.value) == message


def test_a_missing_an_empty_and_a_foreign_file_are_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    foreign = tmp_path / "foreign"
    foreign.write_text("apiVersion: v1\nkind: Pod\n")
    for path, message in (
        (tmp_path / "none", f'error reading encryption provider configuration file "{tmp_path}/none"'),
        (empty, f'encryption provider configuration file "{empty}" is empty'),
        (foreign, f'error decoding encryption provider configuration file "{foreign}": no kind "Pod" is registered'),
    ):
        with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
            Encryption(str(path))
