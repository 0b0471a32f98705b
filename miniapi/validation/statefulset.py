"""Stateful sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.deployment import collisions_kept, replica_counts, template_matches, workload_selector
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.metadata import annotation_map, label_map
from miniapi.validation.pod_annotations import pod_annotations
from miniapi.validation.pod_template import labels_match, pod_template_spec
from miniapi.validation.selector import is_convertible, shown_selector
from miniapi.validation.volume_claim import volume_claim_spec

Spec = Mapping[str, Any]
_MUTABLE = (
    "replicas", "template", "updateStrategy", "persistentVolumeClaimRetentionPolicy", "minReadySeconds", "ordinals",
    "revisionHistoryLimit",
)  # fmt: skip
_FROZEN = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def _spec(spec: Spec, *, check_template: bool, creating: bool) -> ErrorList:
    policy, at = spec.get("podManagementPolicy") or "", "spec.podManagementPolicy"
    errors: ErrorList = []
    if not policy:
        errors.append(field.required(at))
    elif policy not in ("OrderedReady", "Parallel"):
        errors.append(field.invalid(at, policy, "must be 'OrderedReady' or 'Parallel'"))
    errors += _update_strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy")
    for name, value in (spec.get("persistentVolumeClaimRetentionPolicy") or {}).items():
        at = field.child("spec.persistentVolumeClaimRetentionPolicy", name)
        errors += rules.optional_choice(at, value, ("Retain", "Delete"))
    if creating:
        for i, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
            errors += volume_claim_spec(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{i}].spec")
    errors += rules.not_negative_fields(spec, "spec", "replicas", "minReadySeconds")
    errors += rules.not_negative("spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
    if creating and (service := spec.get("serviceName")):
        errors += rules.dns_label("spec.serviceName", service)
    selector = spec.get("selector")
    errors += workload_selector(selector, "spec.selector", "empty selector is invalid for statefulset")
    if not is_convertible(selector or {}):
        errors.append(field.invalid("spec.selector", shown_selector(selector), ""))
    else:
        errors += _template(spec, "spec.template", check_template)
    pod = (spec.get("template") or {}).get("spec") or {}
    if (restart := pod.get("restartPolicy") or "") != "Always":
        errors.append(field.not_supported("spec.template.spec.restartPolicy", restart, ("Always",)))
    if pod.get("activeDeadlineSeconds") is not None:
        why = "activeDeadlineSeconds in StatefulSet is not Supported"
        errors.append(field.forbidden("spec.template.spec.activeDeadlineSeconds", why))
    return errors


def _template(spec: Spec, path: str, check: bool) -> ErrorList:
    """Labels, and the pod spec with a volume for each claim that the set makes."""
    template = spec.get("template") or {}
    errors = labels_match(template, path, matched=template_matches(spec))
    meta = template.get("metadata") or {}
    labels, annotations, at = meta.get("labels") or {}, meta.get("annotations") or {}, field.child(path, "annotations")
    again = label_map(labels, field.child(path, "labels"))
    again += annotation_map(annotations, at) + pod_annotations(annotations, template.get("spec") or {}, at)
    if not check:
        return errors + again
    pod = {k: v for k, v in (template.get("spec") or {}).items() if k not in ("hostname", "subdomain")}
    claims = [((c.get("metadata") or {}).get("name") or "") for c in spec.get("volumeClaimTemplates") or ()]
    kept = [v for v in pod.get("volumes") or () if v.get("name") not in claims]
    made = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in dict.fromkeys(claims)]
    return errors + pod_template_spec({**template, "spec": {**pod, "volumes": made + kept}}, path) + again


def _update_strategy(strategy: Spec, path: str) -> ErrorList:
    kind, rolling = strategy.get("type") or "", strategy.get("rollingUpdate")
    shown = None if rolling is None else _rolling_shown(rolling)
    at = field.child(path, "rollingUpdate")
    match kind:
        case "":
            return [field.required(path)]
        case "OnDelete":
            why = "only allowed for updateStrategy 'RollingUpdate'"
            return [] if rolling is None else [field.invalid(at, shown, why)]
        case "RollingUpdate":
            return [] if rolling is None else _rolling_update(rolling, at)
    why = "must be 'RollingUpdate' or 'OnDelete'"
    return [field.invalid(path, {"Type": kind, "RollingUpdate": shown}, why)]


def _rolling_shown(rolling: Spec) -> dict[str, Any]:
    return {"Partition": rolling.get("partition") or 0, "MaxUnavailable": rolling.get("maxUnavailable")}


def _rolling_update(rolling: Spec, path: str) -> ErrorList:
    errors = rules.not_negative(field.child(path, "partition"), rolling.get("partition"))
    most, at = rolling.get("maxUnavailable"), field.child(path, "maxUnavailable")
    if most is not None:
        errors += rules.int_or_percent(at, most)
        if rules.share_or_count(most) == 0:
            errors.append(field.invalid(at, most, "cannot be 0"))
        errors += rules.at_most_100_percent(at, most)
    return errors


def _create(obj: Object) -> ErrorList:
    return _spec(obj.get("spec") or {}, check_template=True, creating=True)


def _update(obj: Object, old: Object) -> ErrorList:
    spec, before = obj.get("spec") or {}, old.get("spec") or {}
    was_valid = not _spec(before, check_template=True, creating=False)
    errors = _spec(spec, check_template=was_valid, creating=False)
    if _frozen(spec) != _frozen(before):
        errors.append(field.forbidden("spec", _FROZEN))
    return errors


def _frozen(spec: Spec) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name not in _MUTABLE}


def _status_update(obj: Object, old: Object) -> ErrorList:
    status = obj.get("status") or {}
    errors = rules.not_negative_fields(
        status, "status", "replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas",
        "observedGeneration", "collisionCount",
    )  # fmt: skip
    errors += replica_counts(
        status,
        "status",
        "readyReplicas",
        "currentReplicas",
        "updatedReplicas",
        "availableReplicas",
        ready_at="status.readyReplicas",
    )
    return errors + collisions_kept(obj, old)


STATEFUL_SET = Validation(_create, _update, names.name_is_dns_label)
STATEFUL_SET_STATUS = Validation(update=_status_update, name=names.name_is_dns_label)
