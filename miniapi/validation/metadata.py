"""ObjectMeta's rules (apimachinery/pkg/api/validation, meta/v1/validation and core's finalizer rule)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miniapi.meta import gvk, names
from miniapi.validation import field
from miniapi.validation.field import ErrorList

NameCheck = Callable[[str, bool], list[str]]

ANNOTATIONS_MAX_BYTES = 256 * 1024
FIELD_MANAGER_MAX_BYTES = 128
SUBRESOURCE_MAX_BYTES = 256
STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
_OWNER_FIELDS = ("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")
_IMMUTABLE_TEXT = ("name", "namespace", "uid")
_IMMUTABLE_OPTIONAL = ("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def validate_object_meta(
    meta: Mapping[str, Any], namespaced: bool, name_check: NameCheck, path: str, *, finalizers_qualified: bool = True
) -> ErrorList:
    """All complaints about metadata on create, before the kind's own.

    `finalizers_qualified`: finalizers must be standard or have a domain (most built-in kinds; not custom resources).
    """
    errors = object_meta(meta, path, namespaced=namespaced, name_check=name_check)
    return errors + (qualified_finalizers(meta, path) if finalizers_qualified else [])


def object_meta(meta: Mapping[str, Any], path: str, *, namespaced: bool, name_check: NameCheck) -> ErrorList:
    """ValidateObjectMetaAccessor: the rules of a whole ObjectMeta."""
    errors: ErrorList = []
    base = meta.get("generateName") or ""
    if base:
        at = field.child(path, "generateName")
        errors += [field.invalid(at, base, m) for m in name_check(base, True)]
    name = meta.get("name") or ""
    at = field.child(path, "name")
    if not name:
        errors.append(field.required(at, "name or generateName is required"))
    else:
        errors += [field.invalid(at, name, m) for m in name_check(name, False)]
    errors += _namespace(meta.get("namespace") or "", field.child(path, "namespace"), namespaced)
    if (generation := meta.get("generation") or 0) < 0:
        errors.append(field.invalid(field.child(path, "generation"), generation, "must be greater than or equal to 0"))
    errors += _common(meta, path)
    if finalizers := meta.get("finalizers"):
        errors += _finalizers(finalizers, field.child(path, "finalizers"))
    if managed := meta.get("managedFields"):
        errors += managed_fields(managed, field.child(path, "managedFields"))
    return errors


def object_meta_update(meta: Mapping[str, Any], old: Mapping[str, Any], path: str) -> ErrorList:
    """ValidateObjectMetaAccessorUpdate: what may not change, and what is judged again."""
    errors: ErrorList = []
    if old.get("deletionTimestamp") is not None:
        known = old.get("finalizers") or ()
        extra = sorted({f for f in meta.get("finalizers") or () if f not in known})
        if extra:
            shown = ", ".join(json.dumps(f) for f in extra)
            why = (
                "no new finalizers can be added if the object is being deleted, "
                f"found new finalizers []string{{{shown}}}"
            )
            errors.append(field.forbidden(field.child(path, "finalizers"), why))
    if not meta.get("resourceVersion"):
        errors.append(field.invalid(field.child(path, "resourceVersion"), "", "must be specified for an update"))
    generation = meta.get("generation") or 0
    if generation < (old.get("generation") or 0):
        errors.append(field.invalid(field.child(path, "generation"), generation, "must not be decremented"))
    for name in _IMMUTABLE_TEXT:
        errors += field.immutable(field.child(path, name), meta.get(name) or "", old.get(name) or "")
    for name in _IMMUTABLE_OPTIONAL:
        errors += field.immutable(field.child(path, name), meta.get(name), old.get(name))
    errors += _common(meta, path)
    if managed := meta.get("managedFields"):
        errors += managed_fields(managed, field.child(path, "managedFields"))
    return errors


def _common(meta: Mapping[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    if values := meta.get("labels"):
        errors += label_map(values, field.child(path, "labels"))
    if values := meta.get("annotations"):
        errors += annotation_map(values, field.child(path, "annotations"))
    if owners := meta.get("ownerReferences"):
        errors += _owner_references(owners, field.child(path, "ownerReferences"))
    return errors


def _namespace(namespace: str, path: str, namespaced: bool) -> ErrorList:
    if not namespaced:
        return [field.forbidden(path, "not allowed on this type")] if namespace else []
    if not namespace:
        return [field.required(path)]
    return [field.invalid(path, namespace, m) for m in names.dns_label(namespace)]


def label_name(name: str, path: str) -> ErrorList:
    """ValidateLabelName."""
    return [field.invalid(path, name, m) for m in names.qualified_name(name)]


def label_map(values: Mapping[str, str], path: str) -> ErrorList:
    """ValidateLabels: keys and values, all told at `path` itself."""
    errors: ErrorList = []
    for name, value in values.items():
        errors += label_name(name, path)
        errors += [field.invalid(path, value, m) for m in names.label_value(value)]
    return errors


def annotation_map(values: Mapping[str, str], path: str) -> ErrorList:
    """ValidateAnnotations: keys in any case, 256 KiB in all."""
    errors: ErrorList = []
    for name in values:
        errors += [field.invalid(path, name, m) for m in names.qualified_name(name.lower())]
    if sum(names.size(k) + names.size(v) for k, v in values.items()) > ANNOTATIONS_MAX_BYTES:
        errors.append(field.too_long(path, ANNOTATIONS_MAX_BYTES))
    return errors


def _owner_references(owners: Sequence[Mapping[str, Any]], path: str) -> ErrorList:
    errors: ErrorList = []
    controller = ""
    for owner in owners:
        errors += _owner_reference(owner, path)
        if owner.get("controller"):
            current = f"{owner.get('kind', '')}/{owner.get('name', '')}"
            if controller:
                why = (
                    "Only one reference can have Controller set to true. "
                    f'Found "true" in references for {controller} and {current}'
                )
                errors.append(field.invalid(path, [_shown_owner(o) for o in owners], why))
            else:
                controller = current
    return errors


def _owner_reference(owner: Mapping[str, Any], path: str) -> ErrorList:
    api_version = owner.get("apiVersion") or ""
    try:
        group, version = gvk.parse_api_version(api_version)
    except ValueError:
        group = version = ""
    errors: ErrorList = []
    if not version:
        errors.append(field.invalid(field.child(path, "apiVersion"), api_version, "version must not be empty"))
    for name in ("kind", "name", "uid"):
        if not owner.get(name):
            errors.append(field.invalid(field.child(path, name), "", "must not be empty"))
    if (group, version, owner.get("kind")) == ("", "v1", "Event"):
        errors.append(field.invalid(path, _shown_owner(owner), "/v1, Kind=Event is disallowed from being an owner"))
    return errors


def _shown_owner(owner: Mapping[str, Any]) -> dict[str, Any]:
    """In the struct's order; the first four are always shown."""
    return {name: owner.get(name, "") for name in _OWNER_FIELDS if name in owner or name in _OWNER_FIELDS[:4]}


def _finalizers(finalizers: Sequence[str], path: str) -> ErrorList:
    errors = [field.invalid(path, f, m) for f in finalizers for m in names.qualified_name(f)]
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        why = "finalizer orphan and foregroundDeletion cannot be both set"
        errors.append(field.invalid(path, list(finalizers), why))
    return errors


def qualified_finalizers(meta: Mapping[str, Any], path: str) -> ErrorList:
    """Finalizers without a domain that nobody knows."""
    finalizers: Sequence[str] = meta.get("finalizers") or ()
    at = field.child(path, "finalizers")
    return [e for i, f in enumerate(finalizers) for e in finalizer_name(f, field.index(at, i))]


def finalizer_name(name: str, path: str) -> ErrorList:
    """validateKubeFinalizerName: one of the three standard names, or with a domain."""
    if "/" in name or name in STANDARD_FINALIZERS:
        return []
    why = "name is neither a standard finalizer name nor is it fully qualified"
    return [field.invalid(path, name, why)]


def managed_fields(entries: Sequence[Mapping[str, Any]], path: str) -> ErrorList:
    """ValidateManagedFields: the entries as such; their fieldsV1 is the patch package's matter."""
    errors: ErrorList = []
    for i, entry in enumerate(entries):
        at = field.index(path, i)
        operation = entry.get("operation") or ""
        if operation not in ("Apply", "Update"):
            errors.append(field.invalid(field.child(at, "operation"), operation, "must be `Apply` or `Update`"))
        fields_type = entry.get("fieldsType") or ""
        if fields_type and fields_type != "FieldsV1":
            errors.append(field.invalid(field.child(at, "fieldsType"), fields_type, "must be `FieldsV1`"))
        errors += field_manager(entry.get("manager") or "", field.child(at, "manager"))
        if names.size(entry.get("subresource") or "") > SUBRESOURCE_MAX_BYTES:
            errors.append(field.too_long(field.child(at, "subresource"), SUBRESOURCE_MAX_BYTES))
    return errors


def field_manager(name: str, path: str) -> ErrorList:
    """ValidateFieldManager: at most 128 bytes, printable."""
    errors: ErrorList = []
    if names.size(name) > FIELD_MANAGER_MAX_BYTES:
        errors.append(field.too_long(path, FIELD_MANAGER_MAX_BYTES))
    if name.isprintable():
        return errors
    position = 0
    for c in name:
        if not c.isprintable():
            why = f"invalid character U+{ord(c):04X} (at position {position})"
            errors.append(field.invalid(path, name, why))
        position += names.size(c)
    return errors


def conditions(values: Sequence[Mapping[str, Any]], path: str) -> ErrorList:
    """ValidateConditions of metav1.Condition lists."""
    errors: ErrorList = []
    seen: set[str] = set()
    for i, condition in enumerate(values):
        at = field.index(path, i)
        kind = condition.get("type") or ""
        if kind in seen:
            errors.append(field.duplicate(field.child(at, "type"), kind))
        seen.add(kind)
        errors += _condition(condition, at)
    return errors


def template_metadata(meta: Mapping[str, Any], path: str) -> ErrorList:
    """ValidateTemplateObjectMeta: labels and annotations alone."""
    errors = annotation_map(meta.get("annotations") or {}, field.child(path, "annotations"))
    errors += label_map(meta.get("labels") or {}, field.child(path, "labels"))
    others = ("uID" if name == "uid" else name for name in meta if name not in ("annotations", "labels"))
    return errors + [field.forbidden(field.child(path, name), "cannot be set") for name in others]


def _condition(condition: Mapping[str, Any], path: str) -> ErrorList:
    errors = label_name(condition.get("type") or "", field.child(path, "type"))
    status = condition.get("status") or ""
    if status not in ("True", "False", "Unknown"):
        errors.append(field.not_supported(field.child(path, "status"), status, ["False", "True", "Unknown"]))
    observed = condition.get("observedGeneration") or 0
    if observed < 0:
        at = field.child(path, "observedGeneration")
        errors.append(field.invalid(at, observed, "must be greater than or equal to zero"))
    if not condition.get("lastTransitionTime"):
        errors.append(field.required(field.child(path, "lastTransitionTime")))
    reason = condition.get("reason") or ""
    at = field.child(path, "reason")
    if not reason:
        errors.append(field.required(at))
    else:
        errors += [field.invalid(at, reason, m) for m in names.condition_reason(reason)]
        if names.size(reason) > 1024:
            errors.append(field.too_long(at, 1024))
    if names.size(condition.get("message") or "") > 32 * 1024:
        errors.append(field.too_long(field.child(path, "message"), 32 * 1024))
    return errors
