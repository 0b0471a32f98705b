"""IPAddresses and ServiceCIDRs (networking/validation)."""

from __future__ import annotations

from collections.abc import Mapping

from miniapi.meta import names
from miniapi.meta.network import parse_cidr
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.network import checked, valid_cidr, valid_ip


def name_is_ip(name: str, _prefix: bool) -> list[str]:
    """The canonical text of an address."""
    return [e.message.partition(": ")[2].split(": ", 1)[1] for e in valid_ip("", name)]


def create(obj: Object) -> ErrorList:
    """spec.parentRef says whose address it is."""
    parent, path = (obj.get("spec") or {}).get("parentRef"), "spec.parentRef"
    if parent is None:
        return [field.required(path)]
    errors: ErrorList = []
    if parent.get("group"):
        errors += checked(child(path, "group"), parent["group"], names.dns_subdomain)
    for name, needed in (("resource", True), ("name", True), ("namespace", False)):
        if parent.get(name):
            errors += checked(child(path, name), parent[name], names.path_segment)
        elif needed:
            errors.append(field.required(child(path, name)))
    return errors


def _shown(parent: Mapping[str, str]) -> dict[str, str]:
    return {k: parent.get(k.lower(), "") for k in ("Group", "Resource", "Namespace", "Name")}


def update(obj: Object, old: Object) -> ErrorList:
    """As create, where parentRef changed, which it may not."""
    new, before = ((o.get("spec") or {}).get("parentRef") for o in (obj, old))
    if new == before:
        return []
    return create(obj) + field.immutable("spec.parentRef", new, before, _shown)


def _cidrs(cidrs: list[str]) -> ErrorList:
    path = "spec.cidrs"
    if not cidrs:
        return [field.required(path, "at least one CIDR required")]
    if len(cidrs) > 2:
        return [field.invalid(path, {"CIDRs": cidrs}, "may only hold up to 2 values")]
    errors = [e for i, text in enumerate(cidrs) for e in valid_cidr(index(path, i), text)]
    networks = [parse_cidr(text) for text in cidrs]
    if len(networks) == 2 and networks[0] and networks[1] and networks[0].version == networks[1].version:
        why = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
        errors.append(field.invalid(path, cidrs, why))
    return errors


def create_cidr(obj: Object) -> ErrorList:
    """One CIDR, or one of each family."""
    return _cidrs((obj.get("spec") or {}).get("cidrs") or [])


def update_cidr(obj: Object, old: Object) -> ErrorList:
    """A second family may be added, nothing else changes."""
    new, before = ((o.get("spec") or {}).get("cidrs") or [] for o in (obj, old))
    path = "spec.cidrs"
    if len(new) == len(before):
        pairs = enumerate(zip(new, before, strict=True))
        return [field.invalid(index(path, i), a, field.IMMUTABLE) for i, (a, b) in pairs if a != b]
    if (len(before), len(new)) == (1, 2):
        return field.immutable(index(path, 0), new[0], before[0]) + _cidrs(new)
    return [field.invalid(path, new or None, field.IMMUTABLE)]


VALIDATION = Validation(create, update, name_is_ip, update_metadata=("changed", "whole"))
SERVICE_CIDR = Validation(create_cidr, update_cidr, names.name_is_dns_subdomain)
