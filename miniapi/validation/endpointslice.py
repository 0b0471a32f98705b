"""EndpointSlices (discovery/validation)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import names
from miniapi.meta.network import is_ipv6
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.endpoints import PROTOCOLS
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.network import checked, legacy_ip, non_special_ip

_MAX_ADDRESSES = 100
_MAX_ENDPOINTS = 1000
_MAX_PORTS = 20000
_MAX_HINTS = 8
_ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")


def _addresses(addresses: list[str], address_type: str, path: str) -> ErrorList:
    if not addresses:
        return [field.required(path, "must contain at least 1 address")]
    errors: ErrorList = []
    if len(addresses) > _MAX_ADDRESSES:
        errors.append(field.too_many(path, len(addresses), _MAX_ADDRESSES))
    for i, address in enumerate(addresses):
        at = index(path, i)
        if address_type == "FQDN":
            errors += checked(at, address, names.fully_qualified_domain)
        elif address_type in ("IPv4", "IPv6"):
            problems = legacy_ip(at, address)
            if not problems and is_ipv6(address) != (address_type == "IPv6"):
                problems.append(field.invalid(path, address, f"must be an {address_type} address"))
            elif not problems:
                problems += non_special_ip(address, at)
            errors += problems
    return errors


def _hints(hints: dict[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    for kind, check in (("forZones", names.label_value), ("forNodes", names.dns_subdomain)):
        at, entries, seen = child(path, kind), hints.get(kind) or (), set()
        if len(entries) > _MAX_HINTS:
            errors.append(field.too_many(at, len(entries), _MAX_HINTS))
            continue
        for i, entry in enumerate(entries):
            name = entry.get("name") or ""
            if name in seen:
                errors.append(field.duplicate(child(index(at, i), "name"), name))
            seen.add(name)
            errors += checked(child(index(at, i), "name"), name, check)
    return errors


def _endpoint(endpoint: dict[str, Any], address_type: str, path: str) -> ErrorList:
    errors = _addresses(endpoint.get("addresses") or [], address_type, child(path, "addresses"))
    if (node := endpoint.get("nodeName")) is not None:
        errors += checked(child(path, "nodeName"), node, names.dns_subdomain)
    if (hostname := endpoint.get("hostname")) is not None:
        errors += checked(child(path, "hostname"), hostname, names.dns_label)
    if endpoint.get("hints"):
        errors += _hints(endpoint["hints"], child(path, "hints"))
    return errors


def _ports(ports: list[dict[str, Any]], path: str) -> ErrorList:
    if len(ports) > _MAX_PORTS:
        return [field.too_many(path, len(ports), _MAX_PORTS)]
    errors: ErrorList = []
    seen: set[str] = set()
    for i, port in enumerate(ports):
        at, name, protocol = index(path, i), port.get("name") or "", port.get("protocol") or ""
        if name:
            errors += checked(child(at, "name"), name, names.dns_label)
        if name in seen:
            errors.append(field.duplicate(child(at, "name"), name))
        seen.add(name)
        if protocol not in PROTOCOLS:
            errors.append(field.not_supported(child(at, "protocol"), protocol, PROTOCOLS))
        if (app := port.get("appProtocol")) is not None:
            errors += checked(child(at, "appProtocol"), app, names.qualified_name)
    return errors


def _endpoints(endpoints: list[dict[str, Any]], address_type: str) -> ErrorList:
    if len(endpoints) > _MAX_ENDPOINTS:
        return [field.too_many("endpoints", len(endpoints), _MAX_ENDPOINTS)]
    return [e for i, endpoint in enumerate(endpoints) for e in _endpoint(endpoint, address_type, index("endpoints", i))]


def create(obj: Object) -> ErrorList:
    """Address type, ports, endpoints."""
    return _slice(obj, None)


def _slice(obj: Object, old_endpoints: list[dict[str, Any]] | None) -> ErrorList:
    """Endpoints that do not change are not judged again."""
    address_type, endpoints = obj.get("addressType") or "", obj.get("endpoints") or []
    errors = field.one_of("addressType", address_type, _ADDRESS_TYPES)
    errors += _ports(obj.get("ports") or [], "ports")
    return errors if endpoints == old_endpoints else errors + _endpoints(endpoints, address_type)


def update(obj: Object, old: Object) -> ErrorList:
    """The address type stays."""
    return _slice(obj, old.get("endpoints") or []) + field.immutable(
        "addressType", obj.get("addressType"), old.get("addressType")
    )


VALIDATION = Validation(create, update, names.name_is_dns_subdomain, update_metadata=("whole",))
