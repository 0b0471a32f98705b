"""Volumes, claims and the kinds of storage.k8s.io."""

from __future__ import annotations

from miniapi.clock import rfc3339
from miniapi.meta.objects import Object, copy
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import drop_status, keep_spec, keep_status


def _default_fields(obj: Object, **values: object) -> None:
    for name, value in values.items():
        if obj.get(name) is None:
            obj[name] = copy(value)


# --- volumes and claims ---


def default_volume(obj: Object) -> None:
    """Retained, mounted as a file system, pending."""
    spec, status = obj.setdefault("spec", {}), obj.setdefault("status", {})
    if not spec.get("persistentVolumeReclaimPolicy"):
        spec["persistentVolumeReclaimPolicy"] = "Retain"
    _default_fields(spec, volumeMode="Filesystem")
    if not status.get("phase"):
        status["phase"] = "Pending"
    if spec.get("hostPath") is not None:
        _default_fields(spec["hostPath"], type="")


def create_volume(obj: Object, ctx: WriteContext) -> None:
    """Pending since now."""
    obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": rfc3339(ctx.now)}


def update_volume_status(obj: Object, old: Object, ctx: WriteContext) -> None:
    """A new phase is stamped, unless the writer did."""
    keep_spec(obj, old, ctx)
    status, before = obj.setdefault("status", {}), old.get("status") or {}
    if status.get("phase") != before.get("phase"):
        given = status.get("lastPhaseTransitionTime")
        if given is None or given == before.get("lastPhaseTransitionTime"):
            status["lastPhaseTransitionTime"] = rfc3339(ctx.now)


def default_claim(obj: Object) -> None:
    """Mounted as a file system, pending."""
    _default_fields(obj.setdefault("spec", {}), volumeMode="Filesystem")
    status = obj.setdefault("status", {})
    if not status.get("phase"):
        status["phase"] = "Pending"


def _data_sources(obj: Object) -> None:
    """NormalizeDataSources: the two ways to name what a volume is filled from say the same."""
    spec = obj.setdefault("spec", {})
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and reference is None:
        spec["dataSourceRef"] = copy(source)
    elif reference is not None and source is None and not reference.get("namespace"):
        spec["dataSource"] = {k: v for k, v in reference.items() if k != "namespace"}


def create_claim(obj: Object, _ctx: WriteContext) -> None:
    """Pending."""
    obj["status"] = {"phase": "Pending"}
    _data_sources(obj)


def update_claim(obj: Object, old: Object, ctx: WriteContext) -> None:
    """Keeps the status."""
    keep_status(obj, old, ctx)
    _data_sources(obj)


def _own_name(obj: Object) -> str:
    name: str = obj["metadata"].get("name", "")
    return name


VOLUME = Strategy(
    default=default_volume,
    prepare_create=create_volume,
    prepare_update=keep_status,
    selectable_fields={"name": _own_name},
    deletes_to_status=False,
)
VOLUME_STATUS = Strategy(default=default_volume, prepare_update=update_volume_status, reset_fields=frozenset({"spec"}))
CLAIM = Strategy(
    default=default_claim,
    prepare_create=create_claim,
    prepare_update=update_claim,
    selectable_fields={"name": _own_name},
    deletes_to_status=False,
)
CLAIM_STATUS = Strategy(default=default_claim, prepare_update=keep_spec, reset_fields=frozenset({"spec"}))


# --- storage.k8s.io ---


def default_class(obj: Object) -> None:
    """Deletes what it provisions, binds at once."""
    _default_fields(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def default_driver(obj: Object) -> None:
    """SetDefaults_CSIDriver."""
    spec = obj.setdefault("spec", {})
    _default_fields(
        spec,
        attachRequired=True,
        podInfoOnMount=False,
        storageCapacity=False,
        fsGroupPolicy="ReadWriteOnceWithFSType",
        requiresRepublish=False,
        seLinuxMount=False,
    )
    if not spec.get("volumeLifecycleModes"):
        spec["volumeLifecycleModes"] = ["Persistent"]


def _driver_generation(obj: Object) -> object:
    return {k: v for k, v in (obj.get("spec") or {}).items() if k not in ("attachRequired", "podInfoOnMount")}


def update_driver(obj: Object, old: Object, _ctx: WriteContext) -> None:
    """The generation rises with what may change, though a new driver starts without one."""
    if _driver_generation(obj) != _driver_generation(old):
        obj["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


CLASS = Strategy(default=default_class, deletes_to_status=False)
ATTRIBUTES_CLASS = Strategy(deletes_to_status=False)
DRIVER = Strategy(
    default=default_driver, prepare_update=update_driver, allow_unconditional_update=False, deletes_to_status=False
)
NODE = Strategy(allow_unconditional_update=False, deletes_to_status=False)
CAPACITY = Strategy(allow_unconditional_update=False, deletes_to_status=False)
ATTACHMENT = Strategy(
    prepare_create=drop_status,
    prepare_update=keep_status,
    allow_unconditional_update=False,
    deletes_to_status=False,
)
