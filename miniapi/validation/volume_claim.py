"""The spec of a persistent volume claim, alone, in an ephemeral volume or in a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import names, quantity
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.selector import label_selector

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


def access_modes(modes: list[str], path: str) -> ErrorList:
    """Known modes, ReadWriteOncePod alone."""
    errors = [field.not_supported(path, mode, ACCESS_MODES) for mode in modes if mode not in ACCESS_MODES]
    others = any(mode in ACCESS_MODES and mode != "ReadWriteOncePod" for mode in modes)
    if "ReadWriteOncePod" in modes and others:
        errors.append(field.forbidden(path, "may not use ReadWriteOncePod with other access modes"))
    return errors


def volume_claim_spec(spec: Mapping[str, Any], path: str) -> ErrorList:
    """ValidatePersistentVolumeClaimSpec."""
    modes, modes_at = spec.get("accessModes") or [], field.child(path, "accessModes")
    errors = [] if modes else [field.required(modes_at, "at least 1 access mode is required")]
    errors += label_selector(spec.get("selector"), field.child(path, "selector"))
    errors += access_modes(modes, modes_at)
    errors += _storage(spec, field.key(field.child(path, "resources"), "storage"))
    errors += _class_name(spec, path, "storageClassName")
    mode = spec.get("volumeMode")
    errors += rules.optional_choice(field.child(path, "volumeMode"), mode, ("Block", "Filesystem"))
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None:
        errors += _data_source(source, field.child(path, "dataSource"))
    if reference is not None:
        at = field.child(path, "dataSourceRef")
        errors += _data_source(reference, at)
        if namespace := reference.get("namespace"):
            errors += rules.dns_label(field.child(at, "namespace"), namespace)
    if reference is not None and source is not None and not reference.get("namespace"):
        known = {name: reference.get(name) for name in ("apiGroup", "kind", "name")}
        if known != {name: source.get(name) for name in known}:
            # the original passes a path, which has nothing to show, for the value
            errors.append(field.invalid(path, {}, "must match dataSourceRef"))
    return errors + _class_name(spec, path, "volumeAttributesClassName")


def _class_name(spec: Mapping[str, Any], path: str, name: str) -> ErrorList:
    at = field.child(path, name)
    return rules.each(at, spec[name], names.dns_subdomain(spec[name])) if spec.get(name) else []


def _storage(spec: Mapping[str, Any], path: str) -> ErrorList:
    value = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if value is None:
        return [field.required(path)]
    number = rules.amount(value)
    if quantity.sign(number) <= 0:
        return [field.invalid(path, str(number), rules.NOT_POSITIVE)]
    return []


def _data_source(source: Mapping[str, Any], path: str) -> ErrorList:
    errors = rules.required_fields(source, path, "name", "kind")
    group, kind = source.get("apiGroup") or "", source.get("kind") or ""
    at = field.child(path, "apiGroup")
    if not group and kind != "PersistentVolumeClaim":
        errors.append(
            field.invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
        )
    if group:
        errors += rules.dns_subdomain(at, group)
    return errors
