"""/metrics and /metrics/slis: the server's own sources, and the paths that render them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from miniapi.endpoints.context import Context
from miniapi.features.gates import gates
from miniapi.flag import flag
from miniapi.meta.objects import Object
from miniapi.metrics.family import Family
from miniapi.metrics.registry import CONTENT_TYPE, Registry
from miniapi.server.config import GenericConfig
from miniapi.server.generic import PathHandler
from miniapi.server.health import Health
from miniapi.server.version import version_info
from miniapi.storage.factory import StorageFactory
from miniapi.wire import Reply


@dataclass
class MetricsOptions:
    """What /metrics tells."""

    disabled: list[str] = flag("disabled-metrics", "Names of metrics that are not told.", "strings", [])

    def validate(self) -> list[str]:
        """Nothing can be wrong: a name that no metric has leaves nothing out."""
        return []


def metrics_paths(registry: Registry, health: Health) -> Mapping[str, PathHandler]:
    """Exact path -> handler."""
    slis = Registry()
    slis.add(lambda: _health(health))

    async def metrics(context: Context) -> Reply:
        del context
        return Reply(200, await registry.render(process=True), CONTENT_TYPE)

    async def sli_metrics(context: Context) -> Reply:
        del context
        return Reply(200, await slis.render(), CONTENT_TYPE)

    return {"/metrics": metrics, "/metrics/slis": sli_metrics}


def add_sources(config: GenericConfig, storage: StorageFactory) -> None:
    """What this release is, what the stores hold, what was asked for."""
    version = version_info(config.options.kubernetes_version, config.options.emulation())
    config.metrics.add(lambda: _build(version))
    config.metrics.add(lambda: _objects(storage))
    config.metrics.add(config.requests.families)


async def _build(info: Object) -> Iterable[Family]:
    names = {
        "major": "major",
        "minor": "minor",
        "git_version": "gitVersion",
        "git_commit": "gitCommit",
        "git_tree_state": "gitTreeState",
        "build_date": "buildDate",
        "go_version": "goVersion",
        "compiler": "compiler",
        "platform": "platform",
    }
    build = Family("kubernetes_build_info", "gauge", "What this server is, as labels; always 1.", tuple(names))
    build.values[tuple(info[name] for name in names.values())] = 1
    features = Family("kubernetes_feature_enabled", "gauge", "Whether a feature gate is on.", ("name", "stage"))
    features.values = {(gate.name, gate.stage): float(gate.enabled) for gate in gates().values()}
    return build, features


async def _objects(storage: StorageFactory) -> Iterable[Family]:
    by_resource = Family(
        "apiserver_storage_objects", "gauge", "Number of stored objects, -1 where it is unknown.", ("resource",)
    )
    by_group = Family(
        "apiserver_resource_objects", "gauge", "Number of stored objects, -1 unknown.", ("group", "resource")
    )
    for name, count in (await storage.counts()).items():
        plural, _, group = name.partition(".")
        by_resource.values[name,] = count
        by_group.values[group, plural] = count
    sizes = Family(
        "apiserver_storage_size_bytes",
        "gauge",
        "Size of the storage database file physically allocated in bytes.",
        ("storage_cluster_id",),
    )
    sizes.values = {(f"etcd-{number}",): size for number, size in enumerate(await storage.sizes())}
    return by_resource, by_group, sizes


async def _health(health: Health) -> Iterable[Family]:
    last = Family("kubernetes_healthcheck", "gauge", "What a health check said last.", ("name", "type"))
    last.values = {key: float(well) for key, well in health.last.items()}
    counts = Family("kubernetes_healthchecks_total", "counter", "Results of health checks.", ("name", "status", "type"))
    counts.values = {key: float(count) for key, count in health.results.items()}
    return last, counts
