"""NetworkPolicies (networking/validation)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from miniapi.meta import names
from miniapi.meta.network import parse_cidr
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.network import legacy_cidr
from miniapi.validation.selector import label_selector

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_TYPES = ("Ingress", "Egress")
_SIDES = (("ingress", "from"), ("egress", "to"))


def _port(port: dict[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    protocol, number, end = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol is not None and protocol not in _PROTOCOLS:
        errors.append(field.not_supported(child(path, "protocol"), protocol, _PROTOCOLS))
    at, end_at = child(path, "port"), child(path, "endPort")
    if isinstance(number, str):
        if end is not None:
            errors.append(field.invalid(end_at, end, "may not be specified when `port` is non-numeric"))
        return errors + [field.invalid(at, number, m) for m in names.port_name(number)]
    if number is None:
        if end is not None:
            errors.append(field.invalid(end_at, end, "may not be specified when `port` is not specified"))
        return errors
    errors += [field.invalid(at, number, m) for m in names.port_number(number)]
    if end is not None:
        if end < number:
            errors.append(field.invalid(end_at, number, "must be greater than or equal to `port`"))
        errors += [field.invalid(end_at, end, m) for m in names.port_number(end)]
    return errors


def _block(block: dict[str, Any], path: str, known: list[str]) -> ErrorList:
    cidr = block.get("cidr") or ""
    if not cidr:
        return [field.required(child(path, "cidr"))]
    errors = legacy_cidr(child(path, "cidr"), cidr, known)
    network = parse_cidr(cidr)
    if network is None:
        return errors
    for i, text in enumerate(block.get("except") or ()):
        at = index(child(path, "except"), i)
        errors += legacy_cidr(at, text, known)
        inner = parse_cidr(text)
        if inner is None:
            continue
        inside = inner.version == network.version and inner.network_address in network
        if not inside or network.prefixlen >= inner.prefixlen:
            errors.append(field.invalid(at, text, "must be a strict subset of `cidr`"))
    return errors


def _peer(peer: dict[str, Any], path: str, known: list[str], lax: bool) -> ErrorList:
    errors: ErrorList = []
    selectors = [name for name in ("podSelector", "namespaceSelector") if peer.get(name) is not None]
    for name in selectors:
        errors += label_selector(peer[name], child(path, name), check_values=not lax)
    if peer.get("ipBlock") is not None:
        errors += _block(peer["ipBlock"], child(path, "ipBlock"), known)
        if selectors:
            errors.append(field.forbidden(path, "may not specify both ipBlock and another peer"))
    elif not selectors:
        errors.append(field.required(path, "must specify a peer"))
    return errors


def _spec(spec: dict[str, Any], known: list[str], lax: bool) -> ErrorList:
    errors = label_selector(spec.get("podSelector"), "spec.podSelector", check_values=not lax)
    for side, peers in _SIDES:
        for i, rule in enumerate(spec.get(side) or ()):
            path = index(child("spec", side), i)
            for j, port in enumerate(rule.get("ports") or ()):
                errors += _port(port, index(child(path, "ports"), j))
            for j, peer in enumerate(rule.get(peers) or ()):
                errors += _peer(peer, index(child(path, peers), j), known, lax)
    types = spec.get("policyTypes") or []
    if len(types) > len(_TYPES):
        return [*errors, field.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")]
    return errors + [
        field.not_supported(index("spec.policyTypes", i), t, _TYPES) for i, t in enumerate(types) if t not in _TYPES
    ]


def _cidrs(spec: dict[str, Any]) -> Iterator[str]:
    for side, peers in _SIDES:
        for rule in spec.get(side) or ():
            for peer in rule.get(peers) or ():
                if block := peer.get("ipBlock"):
                    yield block.get("cidr") or ""
                    yield from block.get("except") or ()


def create(obj: Object) -> ErrorList:
    """Ports, peers and policy types."""
    return _spec(obj.get("spec") or {}, [], lax=False)


def update(obj: Object, old: Object) -> ErrorList:
    """As create; CIDRs and selectors that were there before pass."""
    before = old.get("spec") or {}
    lax = bool(label_selector(before.get("podSelector"), ""))
    return _spec(obj.get("spec") or {}, list(_cidrs(before)), lax)


VALIDATION = Validation(create, update, names.name_is_dns_subdomain)
