"""The storage factory: options judged, stores shared, resources at their places."""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from miniapi.storage.embedded import EmbeddedStore
from miniapi.storage.encryption import EncryptedStore
from miniapi.storage.factory import StorageConfigError, StorageFactory, StorageFactoryConfig
from miniapi.storage.interface import StoreUnavailable
from miniapi.storage.keys import root, storage_prefix
from miniapi.storage.memory import MemoryStore
from miniapi.storage.options import EtcdOptions


def factory(tmp_path: Path, **options: Any) -> StorageFactory:
    return StorageFactoryConfig(tmp_path / "data").complete(EtcdOptions(**options)).new()


@pytest.mark.parametrize(
    ("group", "plural", "prefix"),
    [
        ("", "pods", "pods"),
        ("apps", "deployments", "deployments"),
        ("", "services", "services/specs"),
        ("", "endpoints", "services/endpoints"),
        ("", "nodes", "minions"),
        ("networking.k8s.io", "ingresses", "ingress"),
        ("", "replicationcontrollers", "controllers"),
        ("apiregistration.k8s.io", "apiservices", "apiregistration.k8s.io/apiservices"),
    ],
)
def test_resources_lie_where_kubernetes_lays_them(group: str, plural: str, prefix: str) -> None:
    assert storage_prefix(group, plural) == prefix


def test_custom_resources_lie_under_their_group() -> None:
    assert storage_prefix("stable.example.com", "crontabs", custom=True) == "stable.example.com/crontabs"


def test_the_root_is_the_prefix_with_one_slash_at_each_end() -> None:
    assert {root("registry"), root("/registry"), root("//registry/")} == {"/registry/"}
    assert root("/") == "/"


OVERRIDE = (
    '--etcd-servers-overrides "{}" invalid, must be of format: '
    "group/resource#servers, where servers are URLs, semicolon separated"
)
PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"storage_backend": "etcd2"},
     "--storage-backend: etcd2 is no longer a supported storage backend; use etcd3 or embedded"),
    ({"storage_backend": "consul"}, "--storage-backend: unknown storage type: consul; use etcd3 or embedded"),
    ({"storage_backend": "etcd3"},
     "--etcd-servers must be specified with --storage-backend=etcd3, as in http://127.0.0.1:2379"),
    ({"storage_backend": "embedded", "etcd_servers": ["http://a:1"]},
     "--storage-backend: embedded keeps objects in --data-dir; leave --etcd-servers out"),
    ({"etcd_servers": ["127.0.0.1:2379"]},
     "--etcd-servers: 127.0.0.1:2379 must begin with http://, https:// or unix://, as in http://127.0.0.1:2379"),
    ({"etcd_servers_overrides": ["events#http://a:1"]}, OVERRIDE.format("events#http://a:1")),
    ({"etcd_servers_overrides": ["/events"]}, OVERRIDE.format("/events")),
    ({"etcd_servers_overrides": ["/events#"]}, OVERRIDE.format("/events#")),
    ({"storage_media_type": "text/plain"},
     '--storage-media-type "text/plain" invalid, allowed values: application/json, application/yaml, '
     "application/vnd.kubernetes.protobuf"),
    ({"encryption_provider_config_automatic_reload": True},
     "--encryption-provider-config-automatic-reload must be set with --encryption-provider-config"),
    ({"etcd_cafile": "/none.crt"}, "--etcd-cafile: there is no file /none.crt; give the path of an existing one"),
    ({"compaction_interval": -1.0}, "--etcd-compaction-interval must not be negative, got -1 s"),
    ({"healthcheck_timeout": 0.0}, "--etcd-healthcheck-timeout must be positive, as in 2s"),
    ({"watch_cache_sizes": ["pods"]}, '--watch-cache-sizes "pods" invalid, must be of format: resource[.group]#size'),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), PROBLEMS)
def test_a_bad_option_is_told_with_its_flag_and_the_fix(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert EtcdOptions(**options).validate() == [message]
    with pytest.raises(StorageConfigError) as problem:
        StorageFactoryConfig(tmp_path).complete(EtcdOptions(**options))
    assert str(problem.value) == message


def test_good_options_have_no_problems() -> None:
    options = EtcdOptions(
        etcd_servers=["https://a:2379", "unix:///run/etcd"],
        etcd_servers_overrides=["/events#https://b:1;https://c:1", "apps/deployments#http://[::1]:1"],
        watch_cache_sizes=["pods#100", "deployments.apps#0"],
    )
    assert options.validate() == []
    assert options.watch_cache_size("apps", "deployments") == 0
    assert options.watch_cache_size("", "secrets") is None
    assert (options.backend, options.media_type) == ("etcd3", "application/vnd.kubernetes.protobuf")


def test_every_flag_has_a_help_and_a_kind() -> None:
    for field in dataclasses.fields(EtcdOptions):
        assert field.metadata["flag"]
        assert field.metadata["help"].endswith(".")
        assert field.metadata["kind"] in ("string", "strings", "int", "bool", "duration")


async def test_embedded_is_the_default_and_stores_json(tmp_path: Path) -> None:
    made = factory(tmp_path)
    pods = made.resource_storage("", "pods")
    assert isinstance(pods.store, EmbeddedStore)
    assert (pods.prefix, pods.media_type) == ("pods", "application/json")
    assert made.resource_storage("apps", "deployments").store is pods.store
    assert made.resource_storage("", "events") is made.resource_storage("events.k8s.io", "events")
    with pytest.raises(StoreUnavailable, match="in use by another process"):
        factory(tmp_path)
    await made.start()
    await made.ready()
    await made.close()


async def test_memory_is_chosen_by_its_url_and_media_types_follow_the_flag(tmp_path: Path) -> None:
    made = factory(tmp_path, etcd_servers=["memory://"], storage_media_type="application/vnd.kubernetes.protobuf")
    assert isinstance(made.store(), MemoryStore)
    assert made.resource_storage("", "pods").media_type == "application/vnd.kubernetes.protobuf"
    for group, plural, custom in (
        ("apiextensions.k8s.io", "customresourcedefinitions", False),
        ("apiregistration.k8s.io", "apiservices", False),
        ("stable.example.com", "crontabs", True),
    ):
        assert made.resource_storage(group, plural, custom=custom).media_type == "application/json"
    await made.close()


async def test_objects_are_counted_by_resource(tmp_path: Path) -> None:
    made = factory(tmp_path, etcd_servers=["memory://"])
    storage = made.resource_storage("apps", "deployments")
    made.resource_storage("", "pods")
    await storage.store.put("deployments/ns/a", b"", expected=0)
    await storage.store.put("deploymentsx/ns/a", b"", expected=0)
    assert await made.counts() == {"deployments.apps": 1, "pods": 0}
    await made.close()


async def test_history_is_compacted_one_interval_late(tmp_path: Path) -> None:
    made = factory(tmp_path, etcd_servers=["memory://"], compaction_interval=0.05)
    store = made.store()
    revision = 0
    await made.start()
    for _ in range(8):
        revision = await store.put("a", b"", expected=revision)
        import asyncio

        await asyncio.sleep(0.03)
    from miniapi.storage.interface import RevisionCompacted

    with pytest.raises(RevisionCompacted):
        await store.get("a", revision=2)
    assert await store.get("a", revision=revision) is not None
    await made.close()


async def test_encryption_covers_the_resources_named(tmp_path: Path) -> None:
    config = tmp_path / "encryption.yaml"
    keys = [{"name": "k", "secret": base64.b64encode(bytes(32)).decode()}]
    config.write_text(
        json.dumps(
            {
                "apiVersion": "apiserver.config.k8s.io/v1",
                "kind": "EncryptionConfiguration",
                "resources": [{"resources": ["secrets"], "providers": [{"aesgcm": {"keys": keys}}]}],
            }
        )
    )
    made = factory(tmp_path, etcd_servers=["memory://"], encryption_provider_config=str(config))
    secrets, pods = made.resource_storage("", "secrets"), made.resource_storage("", "pods")
    assert isinstance(secrets.store, EncryptedStore)
    for storage in (secrets, pods):
        await storage.store.put(f"{storage.prefix}/ns/a", b"value", expected=0)
    raw = [(await made.store().get(f"{s.prefix}/ns/a")) for s in (secrets, pods)]
    assert [r is not None and r.value.startswith(b"k8s:enc:aesgcm:v1:k:") for r in raw] == [True, False]
    assert [c.name for c in made.health_checks()] == ["etcd", "etcd-readiness"]
    await made.close()
    config.write_text("x")
    with pytest.raises(StorageConfigError, match="--encryption-provider-config: error decoding"):
        factory(tmp_path, etcd_servers=["memory://"], encryption_provider_config=str(config))


async def test_overrides_send_a_resource_to_its_own_servers_and_health_names_the_cause(tmp_path: Path) -> None:
    made = factory(
        tmp_path,
        etcd_servers=["memory://"],
        etcd_servers_overrides=["/events#http://127.0.0.1:1"],
        healthcheck_timeout=0.5,
        readycheck_timeout=0.5,
    )
    events, pods = made.resource_storage("", "events"), made.resource_storage("", "pods")
    assert events.store is not pods.store
    assert made.resource_storage("events.k8s.io", "events").store is events.store
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1.*refused"):
        await made.health_checks()[0].probe()
    assert await made.counts() == {"events": -1, "pods": 0}
    await made.close()
