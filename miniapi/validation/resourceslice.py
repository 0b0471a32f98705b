"""ResourceSlices: the devices of a driver (resource/validation)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, key
from miniapi.validation.interface import Validation
from miniapi.validation.internal import internal
from miniapi.validation.requestpolicy import request_policy
from miniapi.validation.resource import (
    Check,
    attribute_name,
    binding_conditions,
    driver_name,
    each_of,
    name_of,
    pool_name,
)
from miniapi.validation.scheduling import node_selector

_MAX_DEVICES = 128
_MAX_ADVANCED_DEVICES = 64
_MAX_ATTRIBUTES = 32
_MAX_VALUE_BYTES = 64
_MAX_TAINTS = 16
_MAX_COUNTERS = 32
_ONE_NODE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
_OWN_NODES = "`perDeviceNodeSelection` is set to true in the ResourceSlice spec"
_semver = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
).fullmatch


def _attribute(value: Mapping[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    for name in ("string", "version"):
        text, at = value.get(name), child(path, name)
        if text is None:
            continue
        if name == "version" and not _semver(text):
            errors.append(field.invalid(at, text, "must be a string compatible with semver.org spec 2.0.0"))
        if names.size(text) > _MAX_VALUE_BYTES:
            errors.append(field.too_long(at, _MAX_VALUE_BYTES))
    count = sum(
        value.get(n) is not None for n in ("bool", "int", "string", "version", "bools", "ints", "strings", "versions")
    )
    if count != 1:
        shown = internal("DeviceAttribute", value) if count else ""
        errors.append(field.invalid(path, shown, "exactly one value must be specified"))
    return errors


def _taint(value: Mapping[str, Any], path: str) -> ErrorList:
    errors = rules.qualified_name(child(path, "key"), value.get("key") or "")
    errors += rules.each(child(path, "value"), value.get("value") or "", names.label_value(value.get("value") or ""))
    effect, effects = value.get("effect") or "", ("NoExecute", "NoSchedule", "None")
    if not effect:
        return [*errors, field.required(child(path, "effect"))]
    return errors if effect in effects else [*errors, field.not_supported(child(path, "effect"), effect, effects)]


def _counters(value: Mapping[str, Any], path: str, name: str) -> ErrorList:
    errors = rules.required_dns_label(child(path, name), value.get(name))
    counters, at = value.get("counters") or {}, child(path, "counters")
    if not counters:
        return [*errors, field.required(at)]
    if len(counters) > _MAX_COUNTERS:
        return [*errors, field.too_many(at, len(counters), _MAX_COUNTERS)]
    return errors + [e for counter in counters for e in rules.dns_label(at, counter)]


def _device(device: Mapping[str, Any], path: str, own_nodes: bool) -> ErrorList:
    errors = rules.dns_label(child(path, "name"), name_of(device))
    attributes, capacity = device.get("attributes") or {}, device.get("capacity") or {}
    total = len(attributes) + len(capacity)
    if total > _MAX_ATTRIBUTES:
        why = f"the total number of attributes and capacities must not exceed {_MAX_ATTRIBUTES}"
        errors.append(field.invalid(path, total, why))
    for name, value in attributes.items():
        of = child(path, "attributes")
        errors += attribute_name(name, of, full=False) + _attribute(value, key(of, name))
    for name, value in capacity.items():
        of = child(path, "capacity")
        at = key(of, name)
        errors += attribute_name(name, of, full=False)
        policy, policy_at = value.get("requestPolicy"), child(at, "requestPolicy")
        if policy is not None and not device.get("allowMultipleAllocations"):
            errors.append(field.forbidden(policy_at, "allowMultipleAllocations must be true"))
        elif policy is not None:
            errors += request_policy(policy, rules.amount(value.get("value", "0")), policy_at)
    errors += each_of(device.get("taints") or (), _MAX_TAINTS, _taint, child(path, "taints"))
    consumed = device.get("consumesCounters") or ()
    consume: Check = lambda value, at: _counters(value, at, "counterSet")  # noqa: E731
    errors += each_of(consumed, _MAX_COUNTERS, consume, child(path, "consumesCounters"), lambda c: c.get("counterSet"))
    placed = [n for n in ("nodeName", "nodeSelector", "allNodes") if device.get(n) is not None]
    if own_nodes and len(placed) != 1:
        why = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when " + _OWN_NODES
        shown = "{" + ", ".join(f"`{n}`" for n in placed) + "}"
        errors.append(field.invalid(path, shown, why) if placed else field.required(path, why))
    elif placed and not own_nodes:
        why = "`nodeName`, `nodeSelector` and `allNodes` can only be set if " + _OWN_NODES
        errors.append(field.invalid(path, None, why))
    return errors + binding_conditions(device, path)


def _placement(spec: Mapping[str, Any]) -> ErrorList:
    errors: ErrorList = []
    found: list[str] = []
    if spec.get("nodeName") is not None:
        if spec["nodeName"]:
            found.append("`nodeName`")
            errors += rules.dns_subdomain("spec.nodeName", spec["nodeName"])
        else:
            errors.append(field.invalid("spec.nodeName", "", "must be either unset or set to a non-empty string"))
    if spec.get("nodeSelector") is not None:
        found.append("`nodeSelector`")
        errors += node_selector(spec["nodeSelector"], "spec.nodeSelector")
        terms = spec["nodeSelector"].get("nodeSelectorTerms") or []
        if len(terms) != 1:
            at = "spec.nodeSelector.nodeSelectorTerms"
            given = spec["nodeSelector"].get("nodeSelectorTerms") is not None
            inner = [internal("NodeSelectorTerm", term) for term in terms] if given else None
            errors.append(field.invalid(at, inner, "must have exactly one node selector term"))
    for name in ("allNodes", "perDeviceNodeSelection"):
        if spec.get(name) is True:
            found.append(f"`{name}`")
        elif spec.get(name) is not None:
            errors.append(field.invalid(child("spec", name), False, "must be either unset or set to true"))
    if not found:
        errors.append(field.required("spec", _ONE_NODE))
    elif len(found) > 1:
        shown = "{" + ", ".join(found) + "}"
        errors.append(field.invalid("spec", shown, _ONE_NODE + ", but multiple fields are set"))
    return errors


def _kept(spec: Mapping[str, Any], before: Mapping[str, Any]) -> ErrorList:
    """Pool, driver and node stay."""
    now, then = ((s.get("pool") or {}).get("name", "") for s in (spec, before))
    errors = field.immutable("spec.pool.name", now, then)
    errors += field.immutable("spec.driver", spec.get("driver", ""), before.get("driver", ""))
    return errors + field.immutable("spec.nodeName", spec.get("nodeName"), before.get("nodeName"))


def create_slice(obj: Object) -> ErrorList:
    """ValidateResourceSlice."""
    return _slice(obj, None)


def _slice(obj: Object, before: Mapping[str, Any] | None) -> ErrorList:
    spec = obj.get("spec") or {}
    pool, driver, devices = spec.get("pool") or {}, spec.get("driver") or "", spec.get("devices") or ()
    errors = driver_name("spec.driver", driver) + pool_name(pool.get("name") or "", "spec.pool.name")
    count, generation = pool.get("resourceSliceCount") or 0, pool.get("generation") or 0
    if count <= 0:
        errors.append(field.invalid("spec.pool.resourceSliceCount", count, "must be greater than zero"))
    if generation < 0:
        why = "must be greater than or equal to zero"
        errors.append(field.invalid("spec.pool.generation", generation, why))
    if before is not None:
        errors += _kept(spec, before)
    errors += _placement(spec)
    if spec.get("sharedCounters") and devices:
        errors.append(field.invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed"))
    advanced = any(d.get("taints") or d.get("consumesCounters") for d in devices)
    most, own = _MAX_ADVANCED_DEVICES if advanced else _MAX_DEVICES, spec.get("perDeviceNodeSelection") is True
    errors += each_of(devices, most, lambda d, at: _device(d, at, own), "spec.devices", name_of)
    counters: Check = lambda value, at: _counters(value, at, "name")  # noqa: E731
    return errors + each_of(spec.get("sharedCounters") or (), 8, counters, "spec.sharedCounters", name_of)


def update_slice(obj: Object, old: Object) -> ErrorList:
    """As create; pool, driver and node stay."""
    return _slice(obj, old.get("spec") or {})


VALIDATION = Validation(create_slice, update_slice, names.name_is_dns_subdomain)
