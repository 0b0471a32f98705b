"""Nodes (core ValidateNode)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miniapi.meta import names
from miniapi.meta.go_json import json_complaint
from miniapi.meta.network import parse_cidr
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.network import valid_cidr

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_POD_CIDR_CHANGED = 'node updates may not change podCIDR except from "" to valid'
_AVOID = "scheduler.alpha.kubernetes.io/preferAvoidPods"
_MAX_FEATURE_BYTES = 253
_feature = re.compile(r"[A-Z][a-zA-Z0-9]*(/[a-zA-Z][a-zA-Z0-9]*)*").fullmatch
_NO_FEATURE = (
    ": must start with an UpperCamelCase segment, with subsequent segments separated by '/' "
    "(e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"
)
_ONE_SOURCE = "exactly one reference subfield must be non-nil"


def taints(values: Sequence[Mapping[str, Any]], path: str) -> ErrorList:
    """validateNodeTaints: well formed, unique by key and effect."""
    errors: ErrorList = []
    seen: set[tuple[str, str]] = set()
    for i, taint in enumerate(values):
        at, key = index(path, i), taint.get("key") or ""
        value, effect = taint.get("value") or "", taint.get("effect") or ""
        errors += rules.qualified_name(child(at, "key"), key)
        if wrong := names.label_value(value):
            errors.append(field.invalid(child(at, "value"), value, ";".join(wrong)))
        if not effect:
            errors.append(field.required(child(at, "effect")))
        elif effect not in _EFFECTS:
            errors.append(field.not_supported(child(at, "effect"), effect, _EFFECTS))
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
            why = ": taints must be unique by key and effect pair"
            repeated = field.duplicate(at, shown)
            errors.append(field.FieldError(repeated.type, repeated.path, repeated.message + why))
        seen.add((key, effect))
    return errors


def _resources(status: Mapping[str, Any]) -> ErrorList:
    return [
        e
        for part in ("capacity", "allocatable")
        for name, value in (status.get(part) or {}).items()
        for e in rules.resource_amount(child("status", part, name), name, value)
    ]


def _pod_cidrs(cidrs: list[str]) -> ErrorList:
    path = "spec.podCIDRs"
    errors = [e for i, text in enumerate(cidrs) for e in valid_cidr(index(path, i), text)]
    if len(cidrs) < 2:
        return errors
    networks = [parse_cidr(text) for text in cidrs]
    if None in networks:
        i = networks.index(None)
        why = f"invalid CIDR[{i}]: <nil> (invalid CIDR address: {cidrs[i]})"
        errors.append(field.internal(path, f"invalid PodCIDRs. failed to check with dual stack with error:{why}"))
    if len({network.version for network in networks if network}) < 2 or None in networks or len(cidrs) > 2:
        errors.append(field.invalid(path, cidrs, "may specify no more than one CIDR for each IP family"))
    return errors


def create(obj: Object) -> ErrorList:
    """Taints, amounts, pod CIDRs."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    errors = _avoided_pods(obj) + taints(spec.get("taints") or (), "metadata.taints") + _resources(status)
    swap = ((status.get("nodeInfo") or {}).get("swap") or {}).get("capacity")
    if swap is not None and swap <= 0:
        errors.append(field.invalid("metadata.nodeSwapStatus.capacity", swap, "must be greater than 0"))
    return errors + _features(status) + _pod_cidrs(spec.get("podCIDRs") or [])


def _avoided_pods(obj: Object) -> ErrorList:
    """ValidateAvoidPodsInNodeAnnotations."""
    text, path = (obj["metadata"].get("annotations") or {}).get(_AVOID) or "", "metadata.annotations"
    if not text:
        return []
    try:
        avoided = json.loads(text)
    except ValueError:
        return [field.invalid(child(path, "AvoidPods"), _AVOID, json_complaint(text.encode()))]
    errors: ErrorList = []
    for i, entry in enumerate((avoided.get("preferAvoidPods") if isinstance(avoided, dict) else None) or ()):
        at = child(index(child(path, _AVOID), i), "PodSignature")
        owner = (entry.get("podSignature") or {}).get("podController")
        if owner is None:
            errors.append(field.required(at))
        elif not owner.get("controller"):
            why = "must point to a controller"
            errors.append(field.invalid(child(at, "PodController", "Controller"), False, why))
    return errors


def _features(status: Mapping[str, Any]) -> ErrorList:
    """validateNodeDeclaredFeatures: well formed and in order."""
    path, errors = "status.declaredFeatures", list[field.FieldError]()
    features = status.get("declaredFeatures") or []
    for i, feature in enumerate(features):
        shown = f"invalid feature name {field.show(feature)}"
        if names.size(feature) > _MAX_FEATURE_BYTES:
            why = f"{shown}: must be no more than {_MAX_FEATURE_BYTES} characters"
            errors.append(field.invalid(index(path, i), feature, why))
        elif not _feature(feature):
            errors.append(field.invalid(index(path, i), feature, shown + _NO_FEATURE))
        for following in features[i + 1 : i + 2]:
            if feature == following:
                errors.append(field.duplicate(index(path, i + 1), following))
            elif feature > following:
                errors.append(field.invalid(index(path, i + 1), following, "list must be sorted alphabetically"))
    return errors


def _config_map(source: Mapping[str, Any], path: str, in_spec: bool) -> ErrorList:
    errors: ErrorList = []
    for name in ("uid", "resourceVersion"):
        if in_spec and source.get(name):
            errors.append(field.forbidden(child(path, name), f"{name} must not be set in spec"))
        if not in_spec and not source.get(name):
            errors.append(field.required(child(path, name), f"{name} must be set in status"))
    parts: tuple[tuple[str, Callable[[str], list[str]]], ...] = (
        ("namespace", names.dns_label),
        ("name", names.dns_subdomain),
        ("kubeletConfigKey", names.config_map_key),
    )
    for name, check in parts:
        value, at = source.get(name) or "", child(path, name)
        errors += rules.each(at, value, check(value)) if value else [field.required(at, f"{name} must be set")]
    return errors


def _config_source(source: Mapping[str, Any], path: str, in_spec: bool) -> ErrorList:
    if source.get("configMap") is None:
        return [field.invalid(path, {"ConfigMap": None}, _ONE_SOURCE)]
    return _config_map(source["configMap"], child(path, "configMap"), in_spec)


def update(obj: Object, old: Object) -> ErrorList:
    """Pod CIDRs and provider ID are set once."""
    spec, before, status = obj.get("spec") or {}, old.get("spec") or {}, obj.get("status") or {}
    errors, seen = _avoided_pods(obj) + _resources(status) + _features(status), list[Any]()
    for i, address in enumerate(status.get("addresses") or ()):
        if address in seen:
            shown = {"Type": address.get("type", ""), "Address": address.get("address", "")}
            errors.append(field.duplicate(index("status.addresses", i), shown))
        seen.append(address)
    now, then = spec.get("podCIDRs") or [], before.get("podCIDRs") or []
    if then and len(now) != len(then):
        errors.append(field.forbidden("spec.podCIDRs", _POD_CIDR_CHANGED))
    elif then:
        pairs = zip(now, then, strict=True)
        errors += [field.forbidden("spec.podCIDRs", _POD_CIDR_CHANGED) for a, b in pairs if a != b]
    if before.get("providerID") and spec.get("providerID") != before["providerID"]:
        why = 'node updates may not change providerID except from "" to valid'
        errors.append(field.forbidden("spec.providerID", why))
    if spec.get("configSource") is not None:
        errors += _config_source(spec["configSource"], "spec.configSource", in_spec=True)
    for name, source in (status.get("config") or {}).items():
        if name in ("assigned", "active", "lastKnownGood"):
            errors += _config_source(source, child("status.config", name), in_spec=False)
    errors += taints(spec.get("taints") or (), "metadata.taints")
    if spec.get("externalID", "") != before.get("externalID", ""):
        errors.append(field.forbidden("spec.externalID", "may not be updated"))
    return errors


def _update(obj: Object, old: Object) -> ErrorList:
    return create(obj) + update(obj, old)


VALIDATION = Validation(create, _update, names.name_is_dns_subdomain, update_metadata=("whole", "changed"))
STATUS = Validation(update=update)
