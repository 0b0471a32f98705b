"""Resource claims, their templates and device classes (resource/validation).

Expressions are compiled by whoever can (`Compile`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.admission_rules import Compile, no_compile
from miniapi.validation.expressions import compile_selector
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.internal import internal
from miniapi.validation.metadata import conditions, template_metadata
from miniapi.validation.scheduling import node_selector

_MAX_REQUESTS = 32
_MAX_SELECTORS = 32
_MAX_ALTERNATIVES = 8
_MAX_RESERVATIONS = 256
_MAX_EXPRESSION_BYTES = 10 * 1024
_MAX_POOL_BYTES = 253
_MAX_ID_BYTES = 32
_MAX_PARAMETER_BYTES = 10 * 1024
_MAX_BINDING_CONDITIONS = 4
_MAX_DEVICE_CONDITIONS = 8
_MAX_IPS = 16
_ID = ("driver", "pool", "device", "shareID")
_uuid = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_NO_UUID = (
    "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal "
    "characters"
)
_NO_REQUEST = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
_NO_DOMAIN = "a fully qualified name must be a domain and a name separated by a slash"
Check = Callable[[Any, str], ErrorList]
Key = Callable[[Any], Any]


def each_of(
    values: Sequence[Any], most: int, check: Check, path: str, key_of: Key | None = None, shown_as: Key | None = None
) -> ErrorList:
    """validateSlice and, with `key_of`, validateSet; `shown_as` makes what is shown of a key that is there twice."""
    if 0 <= most < len(values):
        return [field.too_many(path, len(values), most)]
    errors: ErrorList = []
    seen: set[Any] = set()
    for i, value in enumerate(values):
        errors += check(value, index(path, i))
        if key_of is not None:
            name = key_of(value)
            if name in seen:
                errors.append(field.duplicate(index(path, i), name if shown_as is None else shown_as(value)))
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
    errors = rules.dns_label(child(path, "name"), name_of(request))
    exactly, alternatives = request.get("exactly"), request.get("firstAvailable") or ()
    if exactly is None and not alternatives:
        return [*errors, field.required(path, "exactly one of `exactly` or `firstAvailable` is required")]
    if exactly is not None and alternatives:
        why = "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"
        return [*errors, field.invalid(path, None, why)]
    if exactly is not None:
        return errors + _exact(exactly, child(path, "exactly"), compile_)

    def check(sub: Mapping[str, Any], at: str) -> ErrorList:
        return rules.dns_label(child(at, "name"), name_of(sub)) + _exact(sub, at, compile_)

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
        errors = [e for part in parts for e in rules.dns_label(path, part)]
        return errors if name in known else [*errors, field.invalid(path, name, _NO_REQUEST)]

    return check


def attribute_name(name: str, path: str, *, full: bool) -> ErrorList:
    """validateQualifiedName: `domain/identifier` or, unless `full`, an identifier alone."""
    domain, slash, identifier = name.rpartition("/")
    errors: ErrorList = []
    if "/" in domain:
        return errors
    if slash and not domain:
        errors.append(field.invalid(path, "", "the domain must not be empty"))
    elif slash:
        errors += driver_name(path, domain)
    if slash and not identifier:
        errors.append(field.invalid(path, "", "the name must not be empty"))
    else:
        if names.size(identifier) > _MAX_ID_BYTES:
            errors.append(field.too_long(path, _MAX_ID_BYTES))
        errors += rules.each(path, identifier, names.c_identifier(identifier))
    return errors if slash or not full else [*errors, field.invalid(path, name, _NO_DOMAIN)]


def _configuration(config: Mapping[str, Any], path: str) -> ErrorList:
    opaque, at = config.get("opaque"), child(path, "opaque")
    if opaque is None:
        return [field.required(at)]
    errors = driver_name(child(at, "driver"), opaque.get("driver") or "")
    return errors + _raw(opaque.get("parameters"), child(at, "parameters"))


def _raw(value: Any, path: str) -> ErrorList:
    """validateRawExtension."""
    if value is None:
        return [field.required(path)]
    if names.size(field.show(value)) > _MAX_PARAMETER_BYTES:
        return [field.too_long(path, _MAX_PARAMETER_BYTES)]
    return [] if isinstance(value, dict) else [field.invalid(path, "<value omitted>", "must be a valid JSON object")]


def _refs(value: Mapping[str, Any], path: str, ref: Check) -> ErrorList:
    return each_of(value.get("requests") or (), _MAX_REQUESTS, ref, child(path, "requests"), str)


def _devices(devices: Mapping[str, Any], path: str, compile_: Compile) -> ErrorList:
    ref = _request_ref(_request_names(devices))

    def constraint(value: Mapping[str, Any], at: str) -> ErrorList:
        errors = _refs(value, at, ref)
        for name in ("matchAttribute", "distinctAttribute"):
            if value.get(name) is not None:
                return errors + attribute_name(value[name], child(at, name), full=True)
        why = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
        return [*errors, field.required(at, why)]

    def config(value: Mapping[str, Any], at: str) -> ErrorList:
        return _refs(value, at, ref) + _configuration(value, at)

    requests = devices.get("requests") or ()
    errors = each_of(requests, _MAX_REQUESTS, lambda r, at: _request(r, at, compile_), child(path, "requests"), name_of)
    errors += each_of(devices.get("constraints") or (), _MAX_REQUESTS, constraint, child(path, "constraints"))
    return errors + each_of(devices.get("config") or (), _MAX_REQUESTS, config, child(path, "config"))


def claim(compile_: Compile = no_compile) -> Validation:
    """ResourceClaims: the spec stays."""

    def create(obj: Object) -> ErrorList:
        return _devices((obj.get("spec") or {}).get("devices") or {}, "spec.devices", compile_)

    def update(obj: Object, old: Object) -> ErrorList:
        return _immutable(_spec_shown, obj, old)

    return Validation(create, update, names.name_is_dns_subdomain, update_metadata=("whole", "changed"))


def template(compile_: Compile = no_compile) -> Validation:
    """ResourceClaimTemplates: the spec stays."""

    def create(obj: Object) -> ErrorList:
        spec = obj.get("spec") or {}
        devices = (spec.get("spec") or {}).get("devices") or {}
        errors = template_metadata(spec.get("metadata") or {}, "spec.metadata")
        return errors + _devices(devices, "spec.spec.devices", compile_)

    def update(obj: Object, old: Object) -> ErrorList:
        return create(obj) + _immutable(_template_shown, obj, old)

    return Validation(create, update, names.name_is_dns_subdomain, update_metadata=("whole", "changed"))


def _spec_shown(spec: Mapping[str, Any]) -> Any:
    return internal("ResourceClaimSpec", spec)


def _template_shown(spec: Mapping[str, Any]) -> Any:
    meta = {k: dict(sorted(v.items())) if isinstance(v, dict) else v for k, v in (spec.get("metadata") or {}).items()}
    return {**meta, "Spec": _spec_shown(spec.get("spec") or {})}


def _immutable(shown: Callable[[Mapping[str, Any]], Any], obj: Object, old: Object) -> ErrorList:
    spec = obj.get("spec") or {}
    if spec == (old.get("spec") or {}):
        return []
    return [field.invalid("spec", shown(spec), "field is immutable")]


def _consumer(value: Mapping[str, Any], path: str) -> ErrorList:
    return rules.required_fields(value, path, "resource", "name", "uid")


def _result(known: set[str]) -> Check:
    ref = _request_ref(known)

    def check(value: Mapping[str, Any], path: str) -> ErrorList:
        device = value.get("device") or ""
        errors = ref(value.get("request") or "", child(path, "request"))
        errors += driver_name(child(path, "driver"), value.get("driver") or "")
        errors += pool_name(value.get("pool") or "", child(path, "pool"))
        errors += rules.dns_label(child(path, "device"), device)
        return errors + binding_conditions(value, path) + _share(value.get("shareID"), child(path, "shareID"))

    return check


def _share(uid: str | None, path: str) -> ErrorList:
    if uid is None or _uuid(uid):
        return []
    return [field.invalid(path, uid, _NO_UUID if len(uid) == 36 else f"invalid UUID length: {len(uid)}")]


def binding_conditions(value: Mapping[str, Any], path: str) -> ErrorList:
    """validateDeviceBindingParameters."""
    wanted, failing = (value.get(n) or [] for n in ("bindingConditions", "bindingFailureConditions"))
    ats = [child(path, n) for n in ("bindingConditions", "bindingFailureConditions")]
    errors: ErrorList = []
    for at, told in zip(ats, (wanted, failing), strict=True):
        errors += each_of(told, _MAX_BINDING_CONDITIONS, lambda c, i: rules.qualified_name(i, c), at)
    for at, told in zip(ats, (wanted, failing), strict=True):
        for i, condition in enumerate(told):
            if condition in told[:i]:
                errors.append(field.duplicate(index(at, i), condition))
            if at == ats[1] and condition in wanted:
                why = "bindingFailureConditions must not overlap with bindingConditions"
                errors.append(field.invalid(index(at, i), condition, why))
    if failing and not wanted:
        why = "bindingConditions are required to use bindingFailureConditions"
        errors.append(field.invalid(ats[0], None, why))
    if wanted and not failing:
        why = "bindingFailureConditions are required to use bindingConditions"
        errors.append(field.invalid(ats[1], None, why))
    return errors


def _device_id(value: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(value.get(name) or "" for name in _ID)


def _id_shown(value: Mapping[str, Any]) -> dict[str, str]:
    return {name[0].upper() + name[1:]: value.get(name) or "" for name in _ID}


def _device_status(allocated: set[tuple[str, ...]]) -> Check:
    def check(value: Mapping[str, Any], path: str) -> ErrorList:
        errors = driver_name(child(path, "driver"), value.get("driver") or "")
        errors += pool_name(value.get("pool") or "", child(path, "pool"))
        errors += rules.dns_label(child(path, "device"), value.get("device") or "")
        errors += _share(value.get("shareID"), child(path, "shareID"))
        if _device_id(value) not in allocated:
            errors.append(field.invalid(path, _id_shown(value), "must be an allocated device in the claim"))
        told, at = value.get("conditions") or (), child(path, "conditions")
        if len(told) > _MAX_DEVICE_CONDITIONS:
            errors.append(field.too_many(at, len(told), _MAX_DEVICE_CONDITIONS))
        errors += conditions(told, at)
        if value.get("data") is not None:
            errors += _raw(value["data"], child(path, "data"))
        return errors + _network(value.get("networkData") or {}, child(path, "networkData"))

    return check


def _network(data: Mapping[str, Any], path: str) -> ErrorList:
    errors = [
        field.too_long(child(path, name), most)
        for name, most in (("interfaceName", 256), ("hardwareAddress", 128))
        if names.size(data.get(name) or "") > most
    ]
    return errors + each_of(data.get("ips") or (), _MAX_IPS, interface_address, child(path, "ips"), str)


def interface_address(text: str, path: str) -> ErrorList:
    """IsValidInterfaceAddress."""
    try:
        address = ipaddress.ip_interface(text) if "/" in text else None
    except ValueError:
        address = None
    if address is None:
        why = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"
        return [field.invalid(path, text, why)]
    if str(address) != text:
        return [field.invalid(path, text, f'must be in canonical form ("{address}")')]
    return []


def _source(value: Mapping[str, Any], path: str) -> ErrorList:
    source, sources = value.get("source") or "", ("FromClaim", "FromClass")
    if not source:
        return [field.required(path)]
    return [] if source in sources else [field.not_supported(path, source, sources)]


def update_claim_status(obj: Object, old: Object) -> ErrorList:
    """Allocated once; reserved only while allocated."""
    status, before = obj.get("status") or {}, old.get("status") or {}
    known = _request_names((obj.get("spec") or {}).get("devices") or {})
    reserved, allocation = status.get("reservedFor") or [], status.get("allocation")
    path = "status.reservedFor"
    errors = each_of(reserved, _MAX_RESERVATIONS, _consumer, path, lambda c: c.get("uid") or "")
    allocated = {_device_id(r) for r in ((allocation or {}).get("devices") or {}).get("results") or ()}
    check = _device_status(allocated)
    errors += each_of(status.get("devices") or (), -1, check, "status.devices", _device_id, _id_shown)
    if reserved and allocation is None:
        errors.append(field.forbidden(path, "may not be specified when `allocated` is not set"))
    elif reserved and obj["metadata"].get("deletionTimestamp") is not None:
        if any(c not in (before.get("reservedFor") or ()) for c in reserved):
            why = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"
            errors.append(field.forbidden(path, why))
    if allocation is None:
        return errors
    if before.get("allocation") is not None:
        if allocation != before["allocation"]:
            shown = internal("AllocationResult", allocation)
            errors.append(field.invalid("status.allocation", shown, "field is immutable"))
        return errors
    devices, at = allocation.get("devices") or {}, "status.allocation.devices"
    errors += each_of(devices.get("results") or (), _MAX_REQUESTS, _result(known), child(at, "results"))
    ref = _request_ref(known)

    def config(value: Mapping[str, Any], path: str) -> ErrorList:
        return _source(value, child(path, "source")) + _refs(value, path, ref) + _configuration(value, path)

    errors += each_of(devices.get("config") or (), 2 * _MAX_REQUESTS, config, child(at, "config"))
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
        create, lambda obj, _old: create(obj), names.name_is_long_name, update_metadata=("whole", "changed")
    )


CLAIM = claim(compile_selector)
CLAIM_STATUS = Validation(update=update_claim_status)
TEMPLATE = template(compile_selector)
CLASS = device_class(compile_selector)
