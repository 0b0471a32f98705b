"""Resource claims, their templates and device classes (resource/validation).

Expressions are compiled by whoever can (`Compile`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.admission_rules import Compile, no_compile
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.scheduling import node_selector

_MAX_REQUESTS = 32
_MAX_SELECTORS = 32
_MAX_ALTERNATIVES = 8
_MAX_RESERVATIONS = 256
_MAX_EXPRESSION_BYTES = 10 * 1024
_MAX_POOL_BYTES = 253
_MAX_DOMAIN_BYTES = 63
_MAX_ID_BYTES = 32
_MAX_PARAMETER_BYTES = 10 * 1024
_NO_REQUEST = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
Check = Callable[[Any, str], ErrorList]


def each_of(
    values: Sequence[Any], most: int, check: Check, path: str, key_of: Callable[[Any], Any] | None = None
) -> ErrorList:
    """validateSlice and, with `key_of`, validateSet."""
    if 0 <= most < len(values):
        return [field.too_many(path, len(values), most)]
    errors: ErrorList = []
    seen: set[Any] = set()
    for i, value in enumerate(values):
        errors += check(value, index(path, i))
        if key_of is not None:
            name = key_of(value)
            if name in seen:
                errors.append(field.duplicate(index(path, i), name))
            seen.add(name)
    return errors


def name_of(part: Mapping[str, Any]) -> str:
    """Its name, or the empty string."""
    return part.get("name") or ""


# --- claims ---


def driver_name(path: str, name: str) -> ErrorList:
    """Required, else as CSI drivers are named."""
    return rules.csi_driver_name(path, name) if name else [field.required(path)]


def pool_name(name: str, path: str) -> ErrorList:
    """validatePoolName: subdomains joined by slashes."""
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

    return each_of(values, _MAX_SELECTORS, check, path)


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
    errors = rules.required_dns_label(child(path, "name"), name_of(request))
    exactly, alternatives = request.get("exactly"), request.get("firstAvailable") or ()
    if exactly is None and not alternatives:
        return [*errors, field.required(path, "exactly one of `exactly` or `firstAvailable` is required")]
    if exactly is not None and alternatives:
        why = "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"
        return [*errors, field.invalid(path, None, why)]
    if exactly is not None:
        return errors + _exact(exactly, child(path, "exactly"), compile_)

    def check(sub: Mapping[str, Any], at: str) -> ErrorList:
        return rules.required_dns_label(child(at, "name"), name_of(sub)) + _exact(sub, at, compile_)

    return errors + each_of(alternatives, _MAX_ALTERNATIVES, check, child(path, "firstAvailable"), name_of)


def _request_names(devices: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for request in devices.get("requests") or ():
        found.add(name_of(request))
        found |= {f"{name_of(request)}/{name_of(sub)}" for sub in request.get("firstAvailable") or ()}
    return found


def _request_ref(known: set[str]) -> Check:
    def check(name: str, path: str) -> ErrorList:
        parts = name.split("/")
        if len(parts) > 2:
            return [field.invalid(path, name, _NO_REQUEST)]
        errors = [e for part in parts for e in rules.required_dns_label(path, part)]
        return errors if name in known else [*errors, field.invalid(path, name, _NO_REQUEST)]

    return check


def attribute_name(name: str, path: str, *, full: bool) -> ErrorList:
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
    errors = driver_name(child(at, "driver"), opaque.get("driver") or "")
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
        errors = each_of(value.get("requests") or (), _MAX_REQUESTS, ref, child(at, "requests"), str)
        for name in ("matchAttribute", "distinctAttribute"):
            if value.get(name) is not None:
                return errors + attribute_name(value[name], child(at, name), full=True)
        why = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
        return [*errors, field.required(at, why)]

    def config(value: Mapping[str, Any], at: str) -> ErrorList:
        requests = each_of(value.get("requests") or (), _MAX_REQUESTS, ref, child(at, "requests"), str)
        return requests + _configuration(value, at)

    requests = devices.get("requests") or ()
    errors = each_of(requests, _MAX_REQUESTS, lambda r, at: _request(r, at, compile_), child(path, "requests"), name_of)
    errors += each_of(devices.get("constraints") or (), _MAX_REQUESTS, constraint, child(path, "constraints"))
    return errors + each_of(devices.get("config") or (), _MAX_REQUESTS, config, child(path, "config"))


def claim(compile_: Compile = no_compile) -> Validation:
    """ResourceClaims: the spec stays."""

    def create(obj: Object) -> ErrorList:
        return _devices((obj.get("spec") or {}).get("devices") or {}, "spec.devices", compile_)

    return Validation(create, _immutable_spec, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))


def template(compile_: Compile = no_compile) -> Validation:
    """ResourceClaimTemplates: the spec stays."""

    def create(obj: Object) -> ErrorList:
        spec = (obj.get("spec") or {}).get("spec") or {}
        return _devices(spec.get("devices") or {}, "spec.spec.devices", compile_)

    return Validation(create, _immutable_spec, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))


def _immutable_spec(obj: Object, old: Object) -> ErrorList:
    return field.immutable("spec", obj.get("spec"), old.get("spec"))


def _consumer(value: Mapping[str, Any], path: str) -> ErrorList:
    return rules.required_fields(value, path, "resource", "name", "uid")


def _result(known: set[str]) -> Check:
    ref = _request_ref(known)

    def check(value: Mapping[str, Any], path: str) -> ErrorList:
        device = value.get("device") or ""
        errors = ref(value.get("request") or "", child(path, "request"))
        errors += driver_name(child(path, "driver"), value.get("driver") or "")
        errors += pool_name(value.get("pool") or "", child(path, "pool"))
        return errors + rules.dns_label(child(path, "device"), device)

    return check


def update_claim_status(obj: Object, old: Object) -> ErrorList:
    """Allocated once; reserved only while allocated."""
    status, before = obj.get("status") or {}, old.get("status") or {}
    known = _request_names((obj.get("spec") or {}).get("devices") or {})
    reserved, allocation = status.get("reservedFor") or [], status.get("allocation")
    path = "status.reservedFor"
    errors = each_of(reserved, _MAX_RESERVATIONS, _consumer, path, lambda c: c.get("uid") or "")
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
    errors += each_of(devices.get("results") or (), _MAX_REQUESTS, _result(known), child(at, "results"))
    if allocation.get("nodeSelector") is not None:
        errors += node_selector(allocation["nodeSelector"], "status.allocation.nodeSelector")
    return errors


# --- classes ---


def device_class(compile_: Compile = no_compile) -> Validation:
    """DeviceClasses."""

    def create(obj: Object) -> ErrorList:
        spec = obj.get("spec") or {}
        errors = _selectors(spec.get("selectors") or (), "spec.selectors", compile_)
        errors += each_of(spec.get("config") or (), _MAX_REQUESTS, _configuration, "spec.config")
        extended = spec.get("extendedResourceName")
        if extended is not None and not rules.is_extended_resource(extended):
            why = "must be a valid extended resource name"
            errors.append(field.invalid("spec.extendedResourceName", extended, why))
        return errors

    return Validation(
        create, lambda obj, _old: create(obj), names.name_is_long_name, update_metadata=("changed", "whole")
    )


CLAIM = claim()
CLAIM_STATUS = Validation(update=update_claim_status)
TEMPLATE = template()
CLASS = device_class()
