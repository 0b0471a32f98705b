"""Annotations of pods that have a meaning, most of them older forms of fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from miniapi.meta.go_json import json_complaint
from miniapi.meta.objects import Object
from miniapi.meta.pods import containers_with_path
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.scheduling import tolerations

MIRROR = "kubernetes.io/config.mirror"
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"

Annotations = Mapping[str, str]


def annotations_of(obj: Object) -> Annotations:
    """metadata.annotations or none."""
    values: Annotations = (obj.get("metadata") or {}).get("annotations") or {}
    return values


def pod_annotations(values: Annotations, spec: Mapping[str, Any], path: str) -> ErrorList:
    """ValidatePodSpecificAnnotations."""
    errors: ErrorList = []
    if MIRROR in values and not spec.get("nodeName"):
        why = "must set spec.nodeName if mirror pod annotation is set"
        errors.append(field.invalid(field.key(path, MIRROR), values[MIRROR], why))
    if text := values.get(TOLERATIONS):
        try:
            found = json.loads(text)
        except ValueError:
            errors.append(field.invalid(path, TOLERATIONS, json_complaint(text.encode())))
        else:
            errors += tolerations(found if isinstance(found, list) else (), field.child(path, TOLERATIONS))
    if DELETION_COST in values and not _is_cost(values[DELETION_COST]):
        errors.append(field.invalid(field.key(path, DELETION_COST), values[DELETION_COST], "must be a 32bit integer"))
    if SECCOMP_POD in values:
        errors += _seccomp(values[SECCOMP_POD], field.child(path, SECCOMP_POD))
    for key, value in values.items():
        if key.startswith(SECCOMP_CONTAINER):
            errors += _seccomp(value, field.child(path, key))
    for key, value in values.items():
        if key.startswith(APP_ARMOR):
            errors += _app_armor(key, value, spec, field.key(path, key))
    return errors


def _is_cost(text: str) -> bool:
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or (len(digits) > 1 and digits[0] == "0") or text == "-0":
        return False
    return -(1 << 31) <= int(text) < 1 << 31


def _seccomp(profile: str, path: str) -> ErrorList:
    if profile in ("runtime/default", "docker/default", "unconfined"):
        return []
    if profile.startswith("localhost/"):
        return rules.descending_path(path, profile.removeprefix("localhost/"))
    return [field.invalid(path, profile, "must be a valid seccomp profile")]


def _app_armor(key: str, profile: str, spec: Mapping[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    name = key.removeprefix(APP_ARMOR)
    if all(c.get("name") != name for c, _ in containers_with_path(spec, "spec")):
        errors.append(field.invalid(path, name, "container not found"))
    if profile not in ("", "runtime/default", "unconfined") and not profile.startswith("localhost/"):
        errors.append(field.invalid(path, profile, f"invalid AppArmor profile name: {field.show(profile)}"))
    return errors


def changed_annotations(new: Annotations, old: Annotations, path: str) -> ErrorList:
    """What ValidatePodSpecificAnnotationUpdates forbids besides the rules for creation."""
    errors: ErrorList = []
    for key, value in old.items():
        if new.get(key) == value:
            continue
        if key.startswith(APP_ARMOR):
            errors.append(field.forbidden(field.key(path, key), "may not remove or update AppArmor annotations"))
        if key == MIRROR:
            errors.append(field.forbidden(field.key(path, key), "may not remove or update mirror pod annotation"))
    for key in new:
        if key in old:
            continue
        if key.startswith(APP_ARMOR):
            errors.append(field.forbidden(field.key(path, key), "may not add AppArmor annotations"))
        if key == MIRROR:
            errors.append(field.forbidden(field.key(path, key), "may not add mirror pod annotation"))
    return errors


def fields_match(values: Annotations, spec: Mapping[str, Any], path: str) -> ErrorList:
    """Where a security profile is given both ways, both must say the same."""
    errors: ErrorList = []
    context = spec.get("securityContext") or {}
    profile = context.get("seccompProfile")
    if profile is not None and SECCOMP_POD in values:
        at = field.child(path, "securityContext", "seccompProfile")
        errors += _match("seccomp", values[SECCOMP_POD], profile, at)
    for container, at in containers_with_path(spec, path):
        own = (container.get("securityContext") or {}).get("seccompProfile")
        key = SECCOMP_CONTAINER + (container.get("name") or "")
        if own is not None and key in values:
            errors += _match("seccomp", values[key], own, field.child(at, "securityContext", "seccompProfile"))
    if (spec.get("os") or {}).get("name") == "windows":
        return errors
    for container, at in containers_with_path(spec, path):
        own = (container.get("securityContext") or {}).get("appArmorProfile") or context.get("appArmorProfile")
        key = APP_ARMOR + (container.get("name") or "")
        if own is not None and key in values:
            errors += _match("apparmor", values[key], own, field.child(at, "securityContext", "appArmorProfile"))
    return errors


def _match(kind: str, value: str, profile: Mapping[str, Any], path: str) -> ErrorList:
    expected = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default", "docker/default")}
    type_wrong = field.forbidden(field.child(path, "type"), f"{kind} type in annotation and field must match")
    if profile.get("type") == "Localhost":
        if not value.startswith("localhost/"):
            return [type_wrong]
        if value.removeprefix("localhost/") != profile.get("localhostProfile"):
            why = f"{kind} profile in annotation and field must match"
            return [field.forbidden(field.child(path, "localhostProfile"), why)]
        return []
    allowed = expected.get(profile.get("type") or "", (value,))
    return [] if value in allowed else [type_wrong]
