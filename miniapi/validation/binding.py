"""Bindings of pods to nodes (core ValidatePodBinding)."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList


def validate_pod_binding(binding: Object) -> ErrorList:
    """The target is a node with a name."""
    target = binding.get("target") or {}
    errors: ErrorList = []
    if target.get("kind") and target["kind"] != "Node":
        errors.append(field.not_supported("target.kind", target["kind"], ["Node", "<empty>"]))
    if not target.get("name"):
        errors.append(field.required("target.name"))
    return errors
