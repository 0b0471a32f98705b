"""Access reviews (pkg/apis/authorization/validation)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.validation import field
from miniapi.validation.field import ErrorList
from miniapi.validation.metadata import label_name

_META_FIELDS = (
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
)
"""Of what a client may send, in the order of metav1.ObjectMeta."""


def subject_access_review(review: Mapping[str, Any]) -> ErrorList:
    """SubjectAccessReview: somebody must be named, and nothing but the question."""
    spec = review.get("spec") or {}
    return _attributes(spec) + _somebody(spec) + _metadata(review, "must be empty")


def self_subject_access_review(review: Mapping[str, Any]) -> ErrorList:
    """SelfSubjectAccessReview."""
    return _attributes(review.get("spec") or {}) + _metadata(review, "must be empty")


def local_subject_access_review(review: Mapping[str, Any]) -> ErrorList:
    """LocalSubjectAccessReview: of its own namespace, of resources alone."""
    spec, namespace = review.get("spec") or {}, review["metadata"].get("namespace", "")
    errors = _attributes(spec) + _somebody(spec) + _metadata(review, "must be empty except for namespace")
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and resource.get("namespace", "") != namespace:
        where = "spec.resourceAttributes.namespace"
        errors.append(field.invalid(where, resource.get("namespace", ""), "must match metadata.namespace"))
    if path is not None:
        why = "disallowed on this kind of request"
        errors.append(field.invalid("spec.nonResourceAttributes", _shown(path), why))
    return errors


def _attributes(spec: Mapping[str, Any]) -> ErrorList:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    errors: ErrorList = []
    if resource is not None and path is not None:
        why = "cannot be specified in combination with resourceAttributes"
        errors.append(field.invalid("spec.nonResourceAttributes", _shown(path), why))
    if resource is None and path is None:
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        errors.append(field.invalid("spec.resourceAttributes", None, why))
    if resource is not None:
        errors += _selector(resource.get("fieldSelector"), "spec.resourceAttributes.fieldSelector", labels=False)
        errors += _selector(resource.get("labelSelector"), "spec.resourceAttributes.labelSelector", labels=True)
    return errors


def _somebody(spec: Mapping[str, Any]) -> ErrorList:
    if spec.get("user") or spec.get("groups"):
        return []
    return [field.invalid("spec.user", "", "at least one of user or group must be specified")]


def _metadata(review: Mapping[str, Any], why: str) -> ErrorList:
    meta = review["metadata"]
    ignored = ("managedFields", "namespace") if "namespace" in why else ("managedFields",)
    if not any(value for name, value in meta.items() if name not in ignored):
        return []
    return [field.invalid("metadata", {name: meta[name] for name in _META_FIELDS if meta.get(name)}, why)]


def _shown(path: Mapping[str, Any]) -> dict[str, str]:
    """NonResourceAttributes by the names that the original's internal type has."""
    return {"Path": path.get("path", ""), "Verb": path.get("verb", "")}


def _selector(selector: Mapping[str, Any] | None, path: str, *, labels: bool) -> ErrorList:
    if selector is None:
        return []
    raw, requirements = selector.get("rawSelector") or "", selector.get("requirements") or []
    errors: ErrorList = []
    if raw and requirements:
        why = "may not specified at the same time as requirements"
        errors.append(field.invalid(field.child(path, "rawSelector"), raw, why))
    if not raw and not requirements:
        why = f"when {path} is specified, requirements or rawSelector is required"
        errors.append(field.required(field.child(path, "requirements"), why))
    for position, requirement in enumerate(requirements):
        errors += _requirement(requirement, field.index(field.child(path, "requirements"), position), labels=labels)
    return errors


def _requirement(requirement: Mapping[str, Any], path: str, *, labels: bool) -> ErrorList:
    """Operators that are not known are let through, for the sake of newer clients."""
    key, operator = requirement.get("key") or "", requirement.get("operator") or ""
    values = requirement.get("values") or []
    errors: ErrorList = []
    if not labels and not key:
        errors.append(field.required(field.child(path, "key"), "must be specified"))
    if operator in ("In", "NotIn") and not values:
        why = "must be specified when `operator` is 'In' or 'NotIn'"
        errors.append(field.required(field.child(path, "values"), why))
    if operator in ("Exists", "DoesNotExist") and values:
        why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        errors.append(field.forbidden(field.child(path, "values"), why))
    if labels:
        errors += label_name(key, field.child(path, "key"))
        for position, value in enumerate(values):
            at = field.index(field.child(path, "values"), position)
            errors += [field.invalid(at, value, message) for message in names.label_value(value)]
    return errors
