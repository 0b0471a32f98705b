"""Endpoints (core ValidateEndpoints)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.network import checked, non_special_ip, valid_ip

PROTOCOLS = ("SCTP", "TCP", "UDP")


def _address(address: dict[str, Any], path: str) -> ErrorList:
    ip = address.get("ip") or ""
    errors = valid_ip(child(path, "ip"), ip)
    if address.get("hostname"):
        errors += checked(child(path, "hostname"), address["hostname"], names.dns_label)
    if (node := address.get("nodeName")) is not None:
        errors += checked(child(path, "nodeName"), node, names.dns_subdomain)
    return errors + non_special_ip(ip, child(path, "ip"))


def _port(port: dict[str, Any], named: bool, path: str) -> ErrorList:
    errors: ErrorList = []
    if port.get("name"):
        errors += checked(child(path, "name"), port["name"], names.dns_label)
    elif named:
        errors.append(field.required(child(path, "name")))
    number = port.get("port") or 0
    errors += [field.invalid(child(path, "port"), number, m) for m in names.port_number(number)]
    errors += field.one_of(child(path, "protocol"), port.get("protocol"), PROTOCOLS)
    if (app := port.get("appProtocol")) is not None:
        errors += checked(child(path, "appProtocol"), app, names.qualified_name)
    return errors


def create(obj: Object) -> ErrorList:
    """Subsets with addresses, whose ports are named where there are several."""
    errors: ErrorList = []
    for i, subset in enumerate(obj.get("subsets") or ()):
        path = index("subsets", i)
        ports = subset.get("ports") or ()
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            errors.append(field.required(path, "must specify `addresses` or `notReadyAddresses`"))
        for name in ("addresses", "notReadyAddresses"):
            for j, address in enumerate(subset.get(name) or ()):
                errors += _address(address, index(child(path, name), j))
        for j, port in enumerate(ports):
            errors += _port(port, len(ports) > 1, index(child(path, "ports"), j))
    return errors


VALIDATION = Validation(
    create, lambda obj, _old: create(obj), names.name_is_dns_subdomain, update_metadata=("changed", "whole")
)
