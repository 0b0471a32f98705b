"""Flags of storage: kube-apiserver's "Etcd" section, and what the embedded store adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from miniapi.flag import flag

MEMORY_SERVER = "memory://"
ETCD3, EMBEDDED, MEMORY = "etcd3", "embedded", "memory"
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
MEDIA_TYPES = (JSON, YAML, PROTOBUF)
OVERRIDE_FORM = "group/resource#servers, where servers are URLs, semicolon separated"

GroupResource = tuple[str, str]


@dataclass
class EtcdOptions:
    """Where objects are kept, and how. Durations are seconds."""

    data_dir: str = flag("data-dir", "Directory of the embedded store and the certificates.")
    embedded_fsync: bool = flag(
        "embedded-fsync", "Whether the embedded store answers a write only once it is on the disk.", "bool", True
    )
    storage_backend: str = flag(
        "storage-backend",
        "The storage backend: etcd3, or embedded, which is the default where no --etcd-servers is given.",
    )
    etcd_servers: list[str] = flag(
        "etcd-servers",
        "Etcd servers to connect with (scheme://ip:port), comma separated; memory:// keeps everything in memory.",
        "strings",
        [],
    )
    etcd_servers_overrides: list[str] = flag(
        "etcd-servers-overrides",
        f"Etcd servers of single resources, comma separated. The form of each: {OVERRIDE_FORM}.",
        "strings",
        [],
    )
    etcd_prefix: str = flag("etcd-prefix", "What stands before all keys in etcd.", default="/registry")
    etcd_cafile: str = flag("etcd-cafile", "Certificate authority of the etcd servers.")
    etcd_certfile: str = flag("etcd-certfile", "Client certificate to show to etcd.")
    etcd_keyfile: str = flag("etcd-keyfile", "Key of the client certificate to show to etcd.")
    storage_media_type: str = flag(
        "storage-media-type",
        "Media type to store objects in: application/json (default of the embedded store), application/yaml, or "
        "application/vnd.kubernetes.protobuf (default with etcd). Custom resources are always JSON.",
    )
    compaction_interval: float = flag(
        "etcd-compaction-interval", "How often old history is forgotten; 0 to never do it.", "duration", 300.0
    )
    count_metric_poll_period: float = flag(
        "etcd-count-metric-poll-period",
        "How often objects are counted for metrics; 0 to never do it.",
        "duration",
        60.0,
    )
    db_metric_poll_interval: float = flag(
        "etcd-db-metric-poll-interval", "How often etcd is asked for its size, for metrics.", "duration", 30.0
    )
    healthcheck_timeout: float = flag(
        "etcd-healthcheck-timeout", "How long the health check of etcd may take.", "duration", 2.0
    )
    readycheck_timeout: float = flag(
        "etcd-readycheck-timeout", "How long the readiness check of etcd may take.", "duration", 2.0
    )
    lease_reuse_duration_seconds: int = flag(
        "lease-reuse-duration-seconds", "For how long one etcd lease serves new keys.", "int", 60
    )
    encryption_provider_config: str = flag(
        "encryption-provider-config", "File with the configuration of encryption at rest."
    )
    encryption_provider_config_automatic_reload: bool = flag(
        "encryption-provider-config-automatic-reload",
        "Whether a changed --encryption-provider-config is taken over while running.",
        "bool",
        False,
    )
    watch_cache: bool = flag("watch-cache", "Whether reads and watches are served from memory.", "bool", True)
    watch_cache_sizes: list[str] = flag(
        "watch-cache-sizes",
        "Watch cache of single resources, resource[.group]#size, comma separated; 0 turns it off.",
        "strings",
        [],
    )
    delete_collection_workers: int = flag(
        "delete-collection-workers", "How many objects of a collection are deleted at a time.", "int", 1
    )
    enable_garbage_collector: bool = flag(
        "enable-garbage-collector", "Whether dependents of deleted objects are collected.", "bool", True
    )

    @property
    def backend(self) -> str:
        """etcd3, embedded or memory, once the options are valid."""
        if self.etcd_servers == [MEMORY_SERVER]:
            return MEMORY
        return self.storage_backend or (ETCD3 if self.etcd_servers else EMBEDDED)

    @property
    def media_type(self) -> str:
        """What built-in kinds are stored in."""
        return self.storage_media_type or (PROTOBUF if self.backend == ETCD3 else JSON)

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        return [
            *self._backend_problems(),
            *self._server_problems(),
            *self._file_problems(),
            *self._number_problems(),
            *overrides(self.etcd_servers_overrides)[1],
            *_sizes(self.watch_cache_sizes)[1],
        ]

    def watch_cache_size(self, group: str, plural: str) -> int | None:
        """The size given for a resource, None where none is."""
        return _sizes(self.watch_cache_sizes)[0].get((group, plural))

    def _backend_problems(self) -> list[str]:
        match self.storage_backend:
            case "etcd2":
                return ["--storage-backend: etcd2 is no longer a supported storage backend; use etcd3 or embedded"]
            case "etcd3" if not self.etcd_servers:
                return ["--etcd-servers must be specified with --storage-backend=etcd3, as in http://127.0.0.1:2379"]
            case "embedded" if self.etcd_servers:
                return ["--storage-backend: embedded keeps objects in --data-dir; leave --etcd-servers out"]
            case "" | "etcd3" | "embedded":
                return []
            case other:
                return [f"--storage-backend: unknown storage type: {other}; use etcd3 or embedded"]

    def _server_problems(self) -> list[str]:
        if self.etcd_servers == [MEMORY_SERVER]:
            return []
        problems = []
        for server in self.etcd_servers:
            if server == MEMORY_SERVER:
                problems.append("--etcd-servers: memory:// stands alone; leave the other servers out")
            elif (fault := server_fault(server)) is not None:
                problems.append(f"--etcd-servers: {server} {fault}, as in http://127.0.0.1:2379")
        return problems

    def _file_problems(self) -> list[str]:
        problems = []
        for name, path in (
            ("etcd-cafile", self.etcd_cafile),
            ("etcd-certfile", self.etcd_certfile),
            ("etcd-keyfile", self.etcd_keyfile),
            ("encryption-provider-config", self.encryption_provider_config),
        ):
            if path and not Path(path).is_file():
                problems.append(f"--{name}: there is no file {path}; give the path of an existing one")
        if bool(self.etcd_certfile) != bool(self.etcd_keyfile):
            missing, given = ("etcd-keyfile", "etcd-certfile")[:: 1 if self.etcd_certfile else -1]
            problems.append(f"--{missing} must be given together with --{given}")
        if self.encryption_provider_config_automatic_reload and not self.encryption_provider_config:
            problems.append(
                "--encryption-provider-config-automatic-reload must be set with --encryption-provider-config"
            )
        if self.storage_media_type and self.storage_media_type not in MEDIA_TYPES:
            problems.append(
                f'--storage-media-type "{self.storage_media_type}" invalid, allowed values: {", ".join(MEDIA_TYPES)}'
            )
        return problems

    def _number_problems(self) -> list[str]:
        problems = [
            f"--{name} must not be negative, got {value:g} s"
            for name, value in (
                ("etcd-compaction-interval", self.compaction_interval),
                ("etcd-count-metric-poll-period", self.count_metric_poll_period),
                ("etcd-db-metric-poll-interval", self.db_metric_poll_interval),
                ("lease-reuse-duration-seconds", self.lease_reuse_duration_seconds),
            )
            if value < 0
        ]
        problems += [
            f"--{name} must be positive, as in 2s"
            for name, value in (
                ("etcd-healthcheck-timeout", self.healthcheck_timeout),
                ("etcd-readycheck-timeout", self.readycheck_timeout),
            )
            if value <= 0
        ]
        if not self.enable_garbage_collector:
            problems.append(
                "--enable-garbage-collector=false is known to kube-apiserver, not built yet; "
                "--controllers=*,-garbagecollector leaves the collector out"
            )
        if self.delete_collection_workers < 1:
            problems.append("--delete-collection-workers must be 1 or more")
        return problems


def overrides(given: Sequence[str]) -> tuple[dict[GroupResource, tuple[str, ...]], list[str]]:
    """-> ((group, resource) -> servers, all that is wrong with them)."""
    found: dict[GroupResource, tuple[str, ...]] = {}
    problems = []
    for override in given:
        resource, hashes, servers = override.partition("#")
        group, slash, plural = resource.partition("/")
        urls = tuple(server for server in servers.split(";") if server)
        fault = next((f"{url} {f}" for url in urls if (f := server_fault(url)) is not None), "")
        if not hashes or not slash or not plural or "/" in plural or "#" in servers or not urls:
            problems.append(f'--etcd-servers-overrides "{override}" invalid, must be of format: {OVERRIDE_FORM}')
        elif fault:
            problems.append(
                f'--etcd-servers-overrides "{override}" invalid, {fault}; must be of format: {OVERRIDE_FORM}'
            )
        else:
            found[group, plural] = urls
    return found, problems


def server_fault(url: str) -> str | None:
    """What is wrong with an etcd server's URL."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("http", "https", "unix"):
        return "must begin with http://, https:// or unix://"
    if parts.scheme != "unix" and not parts.hostname:
        return "names no host"
    return None


def _sizes(given: Sequence[str]) -> tuple[dict[GroupResource, int], list[str]]:
    found: dict[GroupResource, int] = {}
    problems = []
    for entry in given:
        resource, _, size = entry.partition("#")
        plural, _, group = resource.partition(".")
        if not plural or not size.isdigit():
            problems.append(f'--watch-cache-sizes "{entry}" invalid, must be of format: resource[.group]#size')
        else:
            found[group, plural] = int(size)
    return found, problems
