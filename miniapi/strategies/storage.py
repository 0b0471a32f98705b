"""Volumes, claims and the kinds of storage.k8s.io."""

from __future__ import annotations

from dataclasses import replace

from miniapi.clock import rfc3339
from miniapi.meta.objects import Object, copy
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.node_label_warnings import DEPRECATED, node_selector_warnings, node_term_warnings
from miniapi.strategies.status import STATUS_ONLY, keep_spec, keep_status
from miniapi.strategies.volume_warnings import claim_warnings, plugin_warnings

_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_BETA_OPTIONS = "volume.beta.kubernetes.io/mount-options"
_RECYCLED = (
    "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."
)
_TOKENS_IN_SECRETS = (
    "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true "
    "to prevent possible logging of tokens in volume attributes"
)


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
    if spec.get("azureDisk") is not None:
        _default_fields(spec["azureDisk"], readOnly=False)


def create_volume(obj: Object, ctx: WriteContext) -> None:
    """Pending since now."""
    obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": rfc3339(ctx.now)}


def volume_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """GetWarningsForPersistentVolume."""
    spec, annotations = obj.get("spec") or {}, obj["metadata"].get("annotations") or {}
    old = ((_BETA_CLASS, "v1.8", "storageClassName"), (_BETA_OPTIONS, "v1.31", "mountOptions"))
    found = [
        f'metadata.annotations[{key}]: deprecated since {since}; use "{instead}" attribute instead'
        for key, since, instead in old
        if key in annotations
    ]
    if spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        found.append(f"spec.persistentVolumeReclaimPolicy: {_RECYCLED}")
    terms = ((spec.get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or ()
    for i, term in enumerate(terms):
        found += node_term_warnings(term, f"spec.nodeAffinity.required.nodeSelectorTerms[{i}]")
    return found + plugin_warnings(spec, "spec")


def update_volume_status(obj: Object, old: Object, ctx: WriteContext) -> None:
    """A new phase is stamped, unless the writer did; one that stays keeps its stamp."""
    keep_spec(obj, old, ctx)
    status, before = obj.setdefault("status", {}), old.get("status") or {}
    given, since = status.get("lastPhaseTransitionTime"), before.get("lastPhaseTransitionTime")
    if status.get("phase") == before.get("phase"):
        if given is None and since is not None:
            status["lastPhaseTransitionTime"] = since
    elif given is None or given == since:
        status["lastPhaseTransitionTime"] = rfc3339(ctx.now)


def default_claim(obj: Object) -> None:
    """Mounted as a file system, pending."""
    _default_fields(obj.setdefault("spec", {}), volumeMode="Filesystem")
    status = obj.setdefault("status", {})
    if not status.get("phase"):
        status["phase"] = "Pending"


def _data_sources(spec: Object, old_spec: Object) -> None:
    """What is not supported as a source is dropped, and the two ways to name one say the same."""
    if (spec.get("dataSourceRef") or {}).get("namespace") and old_spec.get("dataSourceRef") is None:
        spec.pop("dataSourceRef")
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and reference is None and old_spec.get("dataSource") is None and not _is_old_source(source):
        spec.pop("dataSource")
    elif source is not None and reference is None:
        spec["dataSourceRef"] = copy(source)
    elif reference is not None and source is None and not reference.get("namespace"):
        spec["dataSource"] = {k: v for k, v in reference.items() if k != "namespace"}


def _is_old_source(source: Object) -> bool:
    """A claim or a snapshot: all that dataSource could be before there was dataSourceRef."""
    kind = (source.get("apiGroup") or "", source.get("kind") or "")
    return kind in (("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))


def create_claim(obj: Object, _ctx: WriteContext) -> None:
    """Pending."""
    obj["status"] = {"phase": "Pending"}
    _data_sources(obj.setdefault("spec", {}), {})


def update_claim(obj: Object, old: Object, ctx: WriteContext) -> None:
    """Keeps the status."""
    keep_status(obj, old, ctx)
    _data_sources(obj.setdefault("spec", {}), old.get("spec") or {})


def _claim_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    found: list[str] = []
    if _BETA_CLASS in (obj["metadata"].get("annotations") or {}):
        why = 'deprecated since v1.8; use "storageClassName" attribute instead'
        found.append(f"metadata.annotations[{_BETA_CLASS}]: {why}")
    return found + claim_warnings(obj.get("spec") or {}, "spec")


VOLUME = Strategy(
    default=default_volume,
    prepare_create=create_volume,
    prepare_update=keep_status,
    warnings_create=volume_warnings,
    warnings_update=lambda obj, _old, ctx: volume_warnings(obj, ctx),
    deletes_to_status=False,
)
VOLUME_STATUS = Strategy(default=default_volume, prepare_update=update_volume_status, reset_fields=frozenset({"spec"}))
CLAIM = Strategy(
    default=default_claim,
    prepare_create=create_claim,
    prepare_update=update_claim,
    warnings_create=_claim_warnings,
    warnings_update=lambda obj, _old, ctx: _claim_warnings(obj, ctx),
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


def update_driver(obj: Object, old: Object, _ctx: WriteContext) -> None:
    """The generation rises with the spec, though a new driver starts without one."""
    if (obj.get("spec") or {}) != (old.get("spec") or {}):
        obj["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def class_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Deprecated node labels in topologies."""
    return [
        f"allowedTopologies[{i}].matchLabelExpressions[{j}].key: {DEPRECATED[expression['key']]}"
        for i, term in enumerate(obj.get("allowedTopologies") or ())
        for j, expression in enumerate(term.get("matchLabelExpressions") or ())
        if expression.get("key") in DEPRECATED
    ]


def _tokens(obj: Object) -> list[Object]:
    """Token requests whose tokens the driver would get in its volumes' attributes."""
    spec = obj.get("spec") or {}
    requests: list[Object] = spec.get("tokenRequests") or []
    return requests if spec.get("serviceAccountTokenInSecrets") is None else []


def driver_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Tokens had better come in secrets."""
    return [_TOKENS_IN_SECRETS] if _tokens(obj) else []


def driver_update_warnings(obj: Object, old: Object, ctx: WriteContext) -> list[str]:
    """As on creation, where the requests change."""
    before = (old.get("spec") or {}).get("tokenRequests") or []
    return driver_warnings(obj, ctx) if _tokens(obj) != before else []


def capacity_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Deprecated node labels."""
    return node_selector_warnings(obj.get("nodeTopology"), "nodeTopology")


def create_attachment(obj: Object, _ctx: WriteContext) -> None:
    """Not attached yet."""
    obj["status"] = {"attached": False}


CLASS = Strategy(
    default=default_class,
    warnings_create=class_warnings,
    warnings_update=lambda obj, _old, ctx: class_warnings(obj, ctx),
    deletes_to_status=False,
)
ATTRIBUTES_CLASS = Strategy(deletes_to_status=False)
DRIVER = Strategy(
    default=default_driver,
    prepare_update=update_driver,
    warnings_create=driver_warnings,
    warnings_update=driver_update_warnings,
    allow_unconditional_update=False,
    deletes_to_status=False,
)
NODE = Strategy(allow_unconditional_update=False, deletes_to_status=False)
CAPACITY = Strategy(
    warnings_create=capacity_warnings,
    warnings_update=lambda obj, _old, ctx: capacity_warnings(obj, ctx),
    allow_unconditional_update=False,
)
ATTACHMENT_STATUS = replace(STATUS_ONLY, allow_unconditional_update=False)
ATTACHMENT = Strategy(
    prepare_create=create_attachment,
    prepare_update=keep_status,
    allow_unconditional_update=False,
    deletes_to_status=False,
)
