"""Fields of the pod that environments and volumes show to containers (the downward API)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from miniapi.meta import quantity
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList

ENV_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
    "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
_RESOURCES = (
    "limits.cpu", "limits.ephemeral-storage", "limits.memory",
    "requests.cpu", "requests.ephemeral-storage", "requests.memory",
)  # fmt: skip
_LABELS = frozenset(
    (*ENV_FIELDS, *VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "spec.hostNetwork", "status.phase")
)
"""ConvertDownwardAPIFieldLabel's known fields."""
_HUGE_PAGES = ("limits.hugepages-", "requests.hugepages-")
_BYTES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_subscripted = re.compile(r"([^\[\]]+)\['(.*)'\]").fullmatch


def field_reference(ref: Mapping[str, Any], path: str, allowed: Sequence[str]) -> ErrorList:
    """validateObjectFieldSelector."""
    for name in ("apiVersion", "fieldPath"):
        if not ref.get(name):
            return [field.required(field.child(path, name))]
    at, shown, version = field.child(path, "fieldPath"), ref["fieldPath"], ref["apiVersion"]
    if version != "v1":
        return [field.invalid(at, shown, f"error converting fieldPath: unsupported pod version: {version}")]
    parts = _subscripted(shown)
    label = parts[1] if parts else shown
    if label == "spec.host":
        label = "spec.nodeName"
    if parts and label in ("metadata.annotations", "metadata.labels"):
        subscript = parts[2].lower() if label == "metadata.annotations" else parts[2]
        return rules.qualified_name(path, subscript)
    if parts:
        why = f"error converting fieldPath: field label does not support subscript: {shown}"
        return [field.invalid(at, shown, why)]
    if label not in _LABELS:
        return [field.invalid(at, shown, f"error converting fieldPath: field label not supported: {shown}")]
    return [] if label in allowed else [field.not_supported(at, label, sorted(allowed))]


def resource_reference(ref: Mapping[str, Any], path: str, *, in_volume: bool) -> ErrorList:
    """validateContainerResourceFieldSelector and its divisor."""
    errors: ErrorList = []
    name = ref.get("resource") or ""
    if in_volume and not ref.get("containerName"):
        errors.append(field.required(field.child(path, "containerName")))
    elif not name:
        errors.append(field.required(field.child(path, "resource")))
    elif name not in _RESOURCES and not name.startswith(_HUGE_PAGES):
        errors.append(field.not_supported(field.child(path, "resource"), name, _RESOURCES))
    return errors + _divisor(name, ref.get("divisor"), field.child(path, "divisor"))


def _divisor(name: str, divisor: Any, path: str) -> ErrorList:
    if divisor is None or not quantity.sign(rules.amount(divisor)):
        return []
    shown = str(rules.amount(divisor))
    if name.endswith(".cpu"):
        if shown in ("1", "1m"):
            return []
        return [field.invalid(path, name, "only divisor's values 1m and 1 are supported with the cpu resource")]
    kinds = {"memory": "memory", "ephemeral-storage": "local ephemeral storage"}
    kind = "hugepages" if name.startswith(_HUGE_PAGES) else kinds.get(name.partition(".")[2], "")
    if not kind or shown in _BYTES:
        return []
    return [
        field.invalid(path, name, f"only divisor's values {', '.join(_BYTES)} are supported with the {kind} resource")
    ]


def downward_api_file(item: Mapping[str, Any], path: str) -> ErrorList:
    """validateDownwardAPIVolumeFile; told at the volume's path, without the item's index."""
    at, value = field.child(path, "path"), item.get("path") or ""
    errors = [] if value else [field.required(at)]
    errors += rules.non_reserved_path(at, value)
    by_field, by_resource = item.get("fieldRef"), item.get("resourceFieldRef")
    if by_field is not None:
        errors += field_reference(by_field, field.child(path, "fieldRef"), VOLUME_FIELDS)
        if by_resource is not None:
            why = "fieldRef and resourceFieldRef can not be specified simultaneously"
            errors.append(field.invalid(path, "resource", why))
    elif by_resource is not None:
        errors += resource_reference(by_resource, field.child(path, "resourceFieldRef"), in_volume=True)
    else:
        errors.append(field.required(path, "one of fieldRef and resourceFieldRef is required"))
    return errors + rules.file_mode(field.child(path, "mode"), item.get("mode"))
