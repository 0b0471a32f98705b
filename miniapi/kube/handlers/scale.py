"""/scale of the workloads."""

from __future__ import annotations

from miniapi.endpoints.scale import ScaleHandler
from miniapi.meta.objects import Object
from miniapi.patch.scale import REPLICAS, Paths
from miniapi.strategies.scale import apply_scale, to_scale

PATHS: dict[str, Paths] = {
    "": {"v1": REPLICAS},
    "apps": {"apps/v1": REPLICAS, "apps/v1beta1": REPLICAS, "apps/v1beta2": REPLICAS},
}
"""By group: the versions whose owners of replicas are understood."""


def scale(group: str, plural: str) -> ScaleHandler:
    """The handler of one workload."""

    def put_back(obj: Object, shown: Object) -> None:
        apply_scale(obj, shown, plural, group)

    return ScaleHandler(to_scale, put_back, PATHS[group])
