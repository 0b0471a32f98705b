"""Deployments, replica sets, stateful sets, daemon sets, controller revisions, replication controllers."""

from __future__ import annotations

from typing import Any, Final

from miniapi.meta.objects import Object, copy, labels_of, name_of
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.pod_template import default_template
from miniapi.strategies.pod_warnings import name_warnings, template_warnings
from miniapi.strategies.status import keep_spec, keep_status
from miniapi.strategies.volume_warnings import claim_warnings

Fields = dict[str, Any]
TEMPLATE_GENERATION: Final = "deprecated.daemonset.template.generation"
_POD_NAMES: Final = "Pod names and hostnames"
_SHARE: Final = "25%"


def default_spec(obj: Object) -> Fields:
    """The spec, made if missing, with its template defaulted."""
    spec: Fields = obj.setdefault("spec", {})
    default_template(spec.setdefault("template", {}))
    return spec


def _default_deployment(obj: Object) -> None:
    spec = default_spec(obj)
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", _SHARE)
        rolling.setdefault("maxSurge", _SHARE)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)


def _default_replica_set(obj: Object) -> None:
    default_spec(obj).setdefault("replicas", 1)


def _default_daemon_set(obj: Object) -> None:
    spec = default_spec(obj)
    strategy = spec.setdefault("updateStrategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", 10)
    _set_template_generation(obj, _template_generation(obj))


def _default_stateful_set(obj: Object) -> None:
    spec = default_spec(obj)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
        strategy.setdefault("rollingUpdate", {})
    if strategy["type"] == "RollingUpdate" and strategy.get("rollingUpdate") is not None:
        strategy["rollingUpdate"].setdefault("partition", 0)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    for claim in spec.get("volumeClaimTemplates") or ():
        claim["kind"], claim["apiVersion"] = "PersistentVolumeClaim", "v1"
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
        claim.setdefault("status", {}).setdefault("phase", "Pending")


def _default_replication_controller(obj: Object) -> None:
    spec: Fields = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    template = spec.get("template")
    if template is None:
        return
    default_template(template)
    labels = (template.get("metadata") or {}).get("labels")
    if labels:
        if not spec.get("selector"):
            spec["selector"] = dict(labels)
        if not labels_of(obj):
            obj.setdefault("metadata", {})["labels"] = dict(labels)


def _no_status(**zero: int) -> Any:
    """prepare_create: no status but these counts."""

    def prepare(obj: Object, _ctx: WriteContext) -> None:
        obj["status"] = dict(zero)

    return prepare


def _create_daemon_set(obj: Object, _ctx: WriteContext) -> None:
    obj["status"] = {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    }
    _set_template_generation(obj, 1)


def _update_daemon_set(obj: Object, old: Object, ctx: WriteContext) -> None:
    keep_status(obj, old, ctx)
    generation = _template_generation(old)
    if (obj.get("spec") or {}).get("template") != (old.get("spec") or {}).get("template"):
        generation += 1
    _set_template_generation(obj, generation)


def _template_generation(obj: Object) -> int:
    text = (obj["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _set_template_generation(obj: Object, generation: int) -> None:
    annotations = dict(obj["metadata"].get("annotations") or {})
    annotations[TEMPLATE_GENERATION] = str(generation)
    obj["metadata"]["annotations"] = annotations


def _update_daemon_set_status(obj: Object, old: Object, ctx: WriteContext) -> None:
    keep_spec(obj, old, ctx)
    _set_template_generation(obj, _template_generation(old))


def _update_deployment_status(obj: Object, old: Object, ctx: WriteContext) -> None:
    keep_spec(obj, old, ctx)
    labels = old["metadata"].get("labels")
    if labels:
        obj["metadata"]["labels"] = copy(labels)
    else:
        obj["metadata"].pop("labels", None)


def _warn_create(obj: Object, _ctx: WriteContext) -> list[str]:
    return name_warnings(name_of(obj), _POD_NAMES) + _warn_template(obj)


def _warn_template(obj: Object) -> list[str]:
    return template_warnings((obj.get("spec") or {}).get("template") or {}, "spec.template")


def _warn_template_create(obj: Object, _ctx: WriteContext) -> list[str]:
    return _warn_template(obj)


def warn_template_update(obj: Object, old: Object, _ctx: WriteContext) -> list[str]:
    """Warnings about the template, where the spec changed."""
    return _warn_template(obj) if _generation_rose(obj, old) else []


def _generation_rose(obj: Object, old: Object) -> bool:
    return bool(obj["metadata"].get("generation") != old["metadata"].get("generation"))


def _warn_of_old_template(obj: Object, old: Object, _ctx: WriteContext) -> list[str]:
    """The original takes the two templates of a replication controller for each other."""
    return _warn_template(old) if _generation_rose(obj, old) else []


def _warn_stateful_create(obj: Object, _ctx: WriteContext) -> list[str]:
    return _warn_template(obj) + _warn_claims(obj, "") + _warn_negative_history(obj)


def _warn_stateful_update(obj: Object, old: Object, ctx: WriteContext) -> list[str]:
    return warn_template_update(obj, old, ctx) + _warn_claims(obj, ".Spec") + _warn_negative_history(obj)


def _warn_claims(obj: Object, below: str) -> list[str]:
    claims = (obj.get("spec") or {}).get("volumeClaimTemplates") or ()
    path = "spec.volumeClaimTemplates"
    return [w for i, c in enumerate(claims) for w in claim_warnings(c.get("spec") or {}, f"{path}[{i}]{below}")]


def _warn_daemon_update(obj: Object, old: Object, _ctx: WriteContext) -> list[str]:
    return _warn_template(obj) if _template_generation(obj) != _template_generation(old) else []


def _prepare_stateful_set(obj: Object, old_spec: Fields) -> None:
    """spec.updateStrategy.rollingUpdate.maxUnavailable is behind a feature that is off (MaxUnavailableStatefulSet)."""
    before = (old_spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    rolling = ((obj.get("spec") or {}).get("updateStrategy") or {}).get("rollingUpdate")
    if rolling and before.get("maxUnavailable") is None:
        rolling.pop("maxUnavailable", None)


def _create_stateful_set(obj: Object, _ctx: WriteContext) -> None:
    obj["status"] = {"replicas": 0, "availableReplicas": 0}
    _prepare_stateful_set(obj, {})


def _update_stateful_set(obj: Object, old: Object, ctx: WriteContext) -> None:
    keep_status(obj, old, ctx)
    _prepare_stateful_set(obj, old.get("spec") or {})


def _warn_negative_history(obj: Object) -> list[str]:
    limit = (obj.get("spec") or {}).get("revisionHistoryLimit")
    if limit is None or limit >= 0:
        return []
    return ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"]


def _replicas(obj: Object) -> str:
    return str((obj.get("status") or {}).get("replicas") or 0)


_SPEC_ONLY: Final = frozenset({"spec"})

DEPLOYMENT = Strategy(
    default=_default_deployment,
    prepare_create=_no_status(),
    prepare_update=keep_status,
    warnings_create=_warn_create,
    warnings_update=warn_template_update,
    tracks_generation=True,
    generation_of=lambda obj: (obj.get("spec"), obj["metadata"].get("annotations") or {}),
)
DEPLOYMENT_STATUS = Strategy(
    default=_default_deployment,
    prepare_update=_update_deployment_status,
    reset_fields=frozenset({"spec", "metadata.labels"}),
)
REPLICA_SET = Strategy(
    default=_default_replica_set,
    prepare_create=_no_status(replicas=0),
    prepare_update=keep_status,
    warnings_create=_warn_create,
    warnings_update=warn_template_update,
    tracks_generation=True,
)
REPLICA_SET_STATUS = Strategy(default=_default_replica_set, prepare_update=keep_spec, reset_fields=_SPEC_ONLY)
STATEFUL_SET = Strategy(
    default=_default_stateful_set,
    prepare_create=_create_stateful_set,
    prepare_update=_update_stateful_set,
    warnings_create=_warn_stateful_create,
    warnings_update=_warn_stateful_update,
    tracks_generation=True,
)
STATEFUL_SET_STATUS = Strategy(default=_default_stateful_set, prepare_update=keep_spec, reset_fields=_SPEC_ONLY)
DAEMON_SET = Strategy(
    default=_default_daemon_set,
    prepare_create=_create_daemon_set,
    prepare_update=_update_daemon_set,
    warnings_create=_warn_template_create,
    warnings_update=_warn_daemon_update,
    tracks_generation=True,
)
DAEMON_SET_STATUS = Strategy(
    default=_default_daemon_set, prepare_update=_update_daemon_set_status, reset_fields=_SPEC_ONLY
)
CONTROLLER_REVISION = Strategy(raw_members=("data",), reset_fields=frozenset())
REPLICATION_CONTROLLER = Strategy(
    default=_default_replication_controller,
    prepare_create=_no_status(replicas=0),
    prepare_update=keep_status,
    warnings_create=_warn_create,
    warnings_update=_warn_of_old_template,
    tracks_generation=True,
    selectable_fields={"status.replicas": _replicas},
    orphans_by_default=True,
)
REPLICATION_CONTROLLER_STATUS = Strategy(
    default=_default_replication_controller, prepare_update=keep_spec, reset_fields=_SPEC_ONLY
)
