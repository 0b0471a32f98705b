"""The kinds of resource.k8s.io (resource/validation). Expressions are compiled by whoever can (`Compile`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.admission_rules import Compile, no_compile
from miniapi.validation.field import ErrorList, child, index, key
from miniapi.validation.interface import Validation
from miniapi.validation.scheduling import node_selector

_MAX_REQUESTS = 32
_MAX_SELECTORS = 32
_MAX_ALTERNATIVES = 8
_MAX_RESERVATIONS = 256
_MAX_EXPRESSION_BYTES = 10 * 1024
_MAX_POOL_BYTES = 253
_MAX_DEVICES = 128
_MAX_ADVANCED_DEVICES = 64
_MAX_ATTRIBUTES = 32
_MAX_VALUE_BYTES = 64
_MAX_TAINTS = 16
_MAX_COUNTERS = 32
_MAX_DOMAIN_BYTES = 63
_MAX_ID_BYTES = 32
_MAX_PARAMETER_BYTES = 10 * 1024
_ONE_NODE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
_OWN_NODES = "`perDeviceNodeSelection` is set to true in the ResourceSlice spec"
_NO_REQUEST = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
_semver = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
).fullmatch
Check = Callable[[Any, str], ErrorList]


def _each(
    values: Sequence[Any], most: int, check: Check, path: str, name_of: Callable[[Any], Any] | None = None
) -> ErrorList:
    """validateSlice and, with `name_of`, validateSet."""
    if 0 <= most < len(values):
        return [field.too_many(path, len(values), most)]
    errors: ErrorList = []
    seen: set[Any] = set()
    for i, value in enumerate(values):
        errors += check(value, index(path, i))
        if name_of is not None:
            name = name_of(value)
            if name in seen:
                errors.append(field.duplicate(index(path, i), name))
            seen.add(name)
    return errors


def _name(part: Mapping[str, Any]) -> str:
    return part.get("name") or ""


# --- claims ---


def _driver(path: str, name: str) -> ErrorList:
    return rules.csi_driver_name(path, name) if name else [field.required(path)]


def _pool(name: str, path: str) -> ErrorList:
    if not name:
        return [field.required(path)]
    errors = [field.too_long(path, _MAX_POOL_BYTES)] if names.size(name) > _MAX_POOL_BYTES else []
    return errors + [e for part in name.split("/") for e in rules.dns_subdomain(path, part)]


def _selectors(values: Sequence[Any], path: str, compile_: Compile) -> ErrorList:
    def check(selector: Mapping[str, Any], at: str) -> ErrorList:
        if selector.get("cel") is None:
            return [field.required(child(at, "cel"))]
        expression, where = selector["cel"].get("expression") or "", child(at, "cel", "expression")
        if names.size(expression) > _MAX_EXPRESSION_BYTES:
            return [field.too_long(where, _MAX_EXPRESSION_BYTES)]
        return compile_("deviceSelector", expression, where, {})

    return _each(values, _MAX_SELECTORS, check, path)


def _toleration(value: Mapping[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    if value.get("key"):
        errors += rules.qualified_name(child(path, "key"), value["key"])
    operator = value.get("operator") or ""
    if operator == "Exists":
        if value.get("value"):
            errors.append(field.invalid(child(path, "value"), value["value"], "must be empty for operator `Exists`"))
    elif operator == "Equal":
        errors += rules.each(
            child(path, "value"), value.get("value") or "", names.label_value(value.get("value") or "")
        )
    elif not operator:
        errors.append(field.required(child(path, "operator")))
    else:
        errors.append(field.not_supported(child(path, "operator"), operator, ("Equal", "Exists")))
    effect = value.get("effect")
    if effect and effect not in ("NoExecute", "NoSchedule", "None"):
        errors.append(field.not_supported(child(path, "effect"), effect, ("NoExecute", "NoSchedule", "None")))
    return errors


def _exact(request: Mapping[str, Any], path: str, compile_: Compile) -> ErrorList:
    name, mode, count = (
        request.get("deviceClassName") or "",
        request.get("allocationMode") or "",
        request.get("count") or 0,
    )
    at = child(path, "deviceClassName")
    errors = rules.dns_subdomain(at, name) if name else [field.required(at)]
    errors += _selectors(request.get("selectors") or (), child(path, "selectors"), compile_)
    if mode == "All":
        if count:
            errors.append(
                field.invalid(child(path, "count"), count, "must not be specified when allocationMode is 'All'")
            )
    elif mode == "ExactCount":
        if count <= 0:
            errors.append(field.invalid(child(path, "count"), count, "must be greater than zero"))
    else:
        errors.append(field.not_supported(child(path, "allocationMode"), mode, ("All", "ExactCount")))
    for i, toleration in enumerate(request.get("tolerations") or ()):
        errors += _toleration(toleration, index(child(path, "tolerations"), i))
    return errors


def _request(request: Mapping[str, Any], path: str, compile_: Compile) -> ErrorList:
    errors = rules.required_dns_label(child(path, "name"), _name(request))
    exactly, alternatives = request.get("exactly"), request.get("firstAvailable") or ()
    if exactly is None and not alternatives:
        return [*errors, field.required(path, "exactly one of `exactly` or `firstAvailable` is required")]
    if exactly is not None and alternatives:
        why = "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"
        return [*errors, field.invalid(path, None, why)]
    if exactly is not None:
        return errors + _exact(exactly, child(path, "exactly"), compile_)

    def check(sub: Mapping[str, Any], at: str) -> ErrorList:
        return rules.required_dns_label(child(at, "name"), _name(sub)) + _exact(sub, at, compile_)

    return errors + _each(alternatives, _MAX_ALTERNATIVES, check, child(path, "firstAvailable"), _name)


def _request_names(devices: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for request in devices.get("requests") or ():
        found.add(_name(request))
        found |= {f"{_name(request)}/{_name(sub)}" for sub in request.get("firstAvailable") or ()}
    return found


def _request_ref(known: set[str]) -> Check:
    def check(name: str, path: str) -> ErrorList:
        parts = name.split("/")
        if len(parts) > 2:
            return [field.invalid(path, name, _NO_REQUEST)]
        errors = [e for part in parts for e in rules.required_dns_label(path, part)]
        return errors if name in known else [*errors, field.invalid(path, name, _NO_REQUEST)]

    return check


def _qualified(name: str, path: str, *, full: bool) -> ErrorList:
    """validateQualifiedName: `domain/identifier` or, unless `full`, an identifier alone."""
    if not name:
        return [field.required(path, "name required")]
    domain, slash, identifier = name.rpartition("/")
    errors: ErrorList = []
    if "/" in domain:
        return [field.invalid(path, name, "a qualified name must have at most one /")]
    if slash and not domain:
        errors.append(field.required(path, "the domain must not be empty"))
    elif slash:
        if names.size(domain) > _MAX_DOMAIN_BYTES:
            errors.append(field.too_long(path, _MAX_DOMAIN_BYTES))
        errors += rules.each(path, domain, names.dns_subdomain(domain))
    elif full:
        errors.append(field.invalid(path, name, "must include a domain"))
    if names.size(identifier) > _MAX_ID_BYTES:
        errors.append(field.too_long(path, _MAX_ID_BYTES))
    return errors + rules.each(path, identifier, names.c_identifier(identifier))


def _configuration(config: Mapping[str, Any], path: str) -> ErrorList:
    opaque, at = config.get("opaque"), child(path, "opaque")
    if opaque is None:
        return [field.required(at)]
    errors = _driver(child(at, "driver"), opaque.get("driver") or "")
    parameters, where = opaque.get("parameters"), child(at, "parameters")
    if parameters is None:
        errors.append(field.required(where))
    elif not isinstance(parameters, dict):
        errors.append(field.invalid(where, "<value omitted>", "parameters must be a valid JSON object"))
    elif names.size(field.show(parameters)) > _MAX_PARAMETER_BYTES:
        errors.append(field.too_long(where, _MAX_PARAMETER_BYTES))
    return errors


def _devices(devices: Mapping[str, Any], path: str, compile_: Compile) -> ErrorList:
    ref = _request_ref(_request_names(devices))

    def constraint(value: Mapping[str, Any], at: str) -> ErrorList:
        errors = _each(value.get("requests") or (), _MAX_REQUESTS, ref, child(at, "requests"), str)
        for name in ("matchAttribute", "distinctAttribute"):
            if value.get(name) is not None:
                return errors + _qualified(value[name], child(at, name), full=True)
        why = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
        return [*errors, field.required(at, why)]

    def config(value: Mapping[str, Any], at: str) -> ErrorList:
        requests = _each(value.get("requests") or (), _MAX_REQUESTS, ref, child(at, "requests"), str)
        return requests + _configuration(value, at)

    requests = devices.get("requests") or ()
    errors = _each(requests, _MAX_REQUESTS, lambda r, at: _request(r, at, compile_), child(path, "requests"), _name)
    errors += _each(devices.get("constraints") or (), _MAX_REQUESTS, constraint, child(path, "constraints"))
    return errors + _each(devices.get("config") or (), _MAX_REQUESTS, config, child(path, "config"))


def claim(compile_: Compile = no_compile) -> Validation:
    """ResourceClaims: the spec stays."""

    def create(obj: Object) -> ErrorList:
        return _devices((obj.get("spec") or {}).get("devices") or {}, "spec.devices", compile_)

    return Validation(create, _immutable_spec, names.name_is_dns_subdomain)


def template(compile_: Compile = no_compile) -> Validation:
    """ResourceClaimTemplates: the spec stays."""

    def create(obj: Object) -> ErrorList:
        spec = (obj.get("spec") or {}).get("spec") or {}
        return _devices(spec.get("devices") or {}, "spec.spec.devices", compile_)

    return Validation(create, _immutable_spec, names.name_is_dns_subdomain)


def _immutable_spec(obj: Object, old: Object) -> ErrorList:
    return field.immutable("spec", obj.get("spec"), old.get("spec"))


def _consumer(value: Mapping[str, Any], path: str) -> ErrorList:
    return rules.required_fields(value, path, "resource", "name", "uid")


def _result(known: set[str]) -> Check:
    ref = _request_ref(known)

    def check(value: Mapping[str, Any], path: str) -> ErrorList:
        device = value.get("device") or ""
        errors = ref(value.get("request") or "", child(path, "request"))
        errors += _driver(child(path, "driver"), value.get("driver") or "")
        errors += _pool(value.get("pool") or "", child(path, "pool"))
        return errors + rules.dns_label(child(path, "device"), device)

    return check


def update_claim_status(obj: Object, old: Object) -> ErrorList:
    """Allocated once; reserved only while allocated."""
    status, before = obj.get("status") or {}, old.get("status") or {}
    known = _request_names((obj.get("spec") or {}).get("devices") or {})
    reserved, allocation = status.get("reservedFor") or [], status.get("allocation")
    path = "status.reservedFor"
    errors = _each(reserved, _MAX_RESERVATIONS, _consumer, path, lambda c: c.get("uid") or "")
    if reserved and allocation is None:
        errors.append(field.forbidden(path, "may not be specified when `allocated` is not set"))
    elif reserved and obj["metadata"].get("deletionTimestamp") is not None:
        if any(c not in (before.get("reservedFor") or ()) for c in reserved):
            why = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"
            errors.append(field.forbidden(path, why))
    if allocation is None:
        return errors
    if before.get("allocation") is not None:
        return errors + field.immutable("status.allocation", allocation, before["allocation"])
    devices, at = allocation.get("devices") or {}, "status.allocation.devices"
    errors += _each(devices.get("results") or (), _MAX_REQUESTS, _result(known), child(at, "results"))
    if allocation.get("nodeSelector") is not None:
        errors += node_selector(allocation["nodeSelector"], "status.allocation.nodeSelector")
    return errors


# --- classes and slices ---


def device_class(compile_: Compile = no_compile) -> Validation:
    """DeviceClasses."""

    def create(obj: Object) -> ErrorList:
        spec = obj.get("spec") or {}
        errors = _selectors(spec.get("selectors") or (), "spec.selectors", compile_)
        errors += _each(spec.get("config") or (), _MAX_REQUESTS, _configuration, "spec.config")
        extended = spec.get("extendedResourceName")
        if extended is not None and not rules.is_extended_resource(extended):
            why = "must be a valid extended resource name"
            errors.append(field.invalid("spec.extendedResourceName", extended, why))
        return errors

    return Validation(create, lambda obj, _old: create(obj), names.name_is_dns_subdomain)


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
        errors.append(field.invalid(path, value if count else "", "exactly one value must be specified"))
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
    return errors + [e for counter in counters for e in rules.dns_label(key(at, counter), counter)]


def _device(device: Mapping[str, Any], path: str, own_nodes: bool) -> ErrorList:
    errors = rules.dns_label(child(path, "name"), _name(device))
    attributes, capacity = device.get("attributes") or {}, device.get("capacity") or {}
    total = len(attributes) + len(capacity)
    if total > _MAX_ATTRIBUTES:
        why = f"the total number of attributes and capacities must not exceed {_MAX_ATTRIBUTES}"
        errors.append(field.invalid(path, total, why))
    for name, value in attributes.items():
        at = key(child(path, "attributes"), name)
        errors += _qualified(name, at, full=False) + _attribute(value, at)
    for name, value in capacity.items():
        at = key(child(path, "capacity"), name)
        errors += _qualified(name, at, full=False)
        if value.get("requestPolicy") is not None and not device.get("allowMultipleAllocations"):
            errors.append(field.forbidden(child(at, "requestPolicy"), "allowMultipleAllocations must be true"))
    errors += _each(device.get("taints") or (), _MAX_TAINTS, _taint, child(path, "taints"))
    consumed = device.get("consumesCounters") or ()
    consume: Check = lambda value, at: _counters(value, at, "counterSet")  # noqa: E731
    errors += _each(consumed, _MAX_COUNTERS, consume, child(path, "consumesCounters"), lambda c: c.get("counterSet"))
    placed = [n for n in ("nodeName", "nodeSelector", "allNodes") if device.get(n) is not None]
    if own_nodes and len(placed) != 1:
        why = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when " + _OWN_NODES
        shown = "{" + ", ".join(f"`{n}`" for n in placed) + "}"
        errors.append(field.invalid(path, shown, why) if placed else field.required(path, why))
    elif placed and not own_nodes:
        why = "`nodeName`, `nodeSelector` and `allNodes` can only be set if " + _OWN_NODES
        errors.append(field.invalid(path, None, why))
    return errors


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
            errors.append(field.invalid(at, terms or None, "must have exactly one node selector term"))
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


def create_slice(obj: Object) -> ErrorList:
    """ValidateResourceSlice."""
    spec = obj.get("spec") or {}
    pool, driver, devices = spec.get("pool") or {}, spec.get("driver") or "", spec.get("devices") or ()
    errors = _driver("spec.driver", driver) + _pool(pool.get("name") or "", "spec.pool.name")
    count, generation = pool.get("resourceSliceCount") or 0, pool.get("generation") or 0
    if count <= 0:
        errors.append(field.invalid("spec.pool.resourceSliceCount", count, "must be greater than zero"))
    if generation < 0:
        why = "must be greater than or equal to zero"
        errors.append(field.invalid("spec.pool.generation", generation, why))
    errors += _placement(spec)
    if spec.get("sharedCounters") and devices:
        errors.append(field.invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed"))
    advanced = any(d.get("taints") or d.get("consumesCounters") for d in devices)
    most, own = _MAX_ADVANCED_DEVICES if advanced else _MAX_DEVICES, spec.get("perDeviceNodeSelection") is True
    errors += _each(devices, most, lambda d, at: _device(d, at, own), "spec.devices", _name)
    counters: Check = lambda value, at: _counters(value, at, "name")  # noqa: E731
    return errors + _each(spec.get("sharedCounters") or (), 8, counters, "spec.sharedCounters", _name)


def update_slice(obj: Object, old: Object) -> ErrorList:
    """Pool, driver and node stay."""
    spec, before = obj.get("spec") or {}, old.get("spec") or {}
    now, then = ((s.get("pool") or {}).get("name", "") for s in (spec, before))
    errors = field.immutable("spec.pool.name", now, then)
    for name in ("driver", "nodeName"):
        errors += field.immutable(child("spec", name), spec.get(name), before.get(name))
    return errors + create_slice(obj)


CLAIM = claim()
CLAIM_STATUS = Validation(update=update_claim_status)
TEMPLATE = template()
CLASS = device_class()
SLICE = Validation(create_slice, update_slice, names.name_is_dns_subdomain)
