"""Pod templates, as a field of workloads and as the kind PodTemplate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.metadata import annotation_map, label_map
from miniapi.validation.pod_annotations import pod_annotations
from miniapi.validation.pod_spec import pod_spec


def pod_template_spec(template: Mapping[str, Any], path: str) -> ErrorList:
    """ValidatePodTemplateSpec."""
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    errors = label_map(labels, field.child(path, "labels"))
    at = field.child(path, "annotations")
    if annotations:
        errors += annotation_map(annotations, at) + pod_annotations(annotations, spec, at)
    errors += pod_spec(spec, field.child(path, "spec"))
    if spec.get("ephemeralContainers"):
        why = "ephemeral containers not allowed in pod template"
        errors.append(field.forbidden(field.child(path, "spec", "ephemeralContainers"), why))
    return errors


def labels_match(template: Mapping[str, Any], path: str, *, matched: bool) -> ErrorList:
    """The complaint where a workload's selector misses its own template."""
    if matched:
        return []
    labels = (template.get("metadata") or {}).get("labels")
    shown = dict(sorted(labels.items())) if labels else None
    return [
        field.invalid(field.child(path, "metadata", "labels"), shown, "`selector` does not match template `labels`")
    ]


def restart_always(spec: Mapping[str, Any], path: str) -> ErrorList:
    """Pods that a controller replaces restart always and have no deadline."""
    errors: ErrorList = []
    policy = spec.get("restartPolicy") or ""
    if policy != "Always":
        errors.append(field.not_supported(field.child(path, "spec", "restartPolicy"), policy, ("Always",)))
    if spec.get("activeDeadlineSeconds") is not None:
        at = field.child(path, "spec", "activeDeadlineSeconds")
        errors.append(field.forbidden(at, "activeDeadlineSeconds in ReplicaSet is not Supported"))
    return errors


def _create(obj: Object) -> ErrorList:
    return pod_template_spec(obj.get("template") or {}, "template")


def _update(obj: Object, _old: Object) -> ErrorList:
    return _create(obj)


POD_TEMPLATE = Validation(_create, _update, names.name_is_dns_subdomain)
