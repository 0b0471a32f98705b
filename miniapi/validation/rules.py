"""The rules that many kinds share, each a function from a path and a value to field errors.

Names and words follow pkg/apis/core/validation; messages of names come from `meta.names`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miniapi.meta import names, quantity
from miniapi.validation import field
from miniapi.validation.field import ErrorList

NOT_NEGATIVE = "must be greater than or equal to 0"
NOT_POSITIVE = "must be greater than zero"
NOT_INTEGER = "must be an integer"
MAX_INT32 = (1 << 31) - 1
MAX_ID = MAX_INT32

_NATIVE_DOMAIN = "kubernetes.io/"
_STANDARD_CONTAINER_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
_INTEGER_RESOURCES = frozenset(
    {
        "pods",
        "services",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    }
)
_HUGE_PAGES = "hugepages-"
_REQUESTS = "requests."


def each(path: str, value: Any, messages: Sequence[str]) -> ErrorList:
    """Invalid at `path`, once a message."""
    return [field.invalid(path, value, m) for m in messages]


def not_negative(path: str, value: int | None) -> ErrorList:
    """ValidateNonnegativeField; unset passes."""
    return [field.invalid(path, value, NOT_NEGATIVE)] if value is not None and value < 0 else []


def not_negative_fields(obj: Mapping[str, Any], path: str, *fields: str) -> ErrorList:
    """`not_negative` of several fields."""
    return [e for name in fields for e in not_negative(field.child(path, name), obj.get(name))]


def required_fields(obj: Mapping[str, Any], path: str, *fields: str) -> ErrorList:
    """Required for every field that is empty."""
    return [field.required(field.child(path, name)) for name in fields if not obj.get(name)]


def within(path: str, value: int | None, low: int, high: int) -> ErrorList:
    """Invalid outside of [low, high]; unset passes."""
    return (
        [field.invalid(path, value, names.in_range(low, high))]
        if value is not None and not low <= value <= high
        else []
    )


def dns_label(path: str, value: str) -> ErrorList:
    """ValidateDNS1123Label."""
    return each(path, value, names.dns_label(value))


def dns_subdomain(path: str, value: str) -> ErrorList:
    """ValidateDNS1123Subdomain."""
    return each(path, value, names.dns_subdomain(value))


def qualified_name(path: str, value: str) -> ErrorList:
    """ValidateQualifiedName."""
    return each(path, value, names.qualified_name(value))


def required_dns_label(path: str, value: str | None) -> ErrorList:
    """Required when empty, else a DNS label."""
    return dns_label(path, value) if value else [field.required(path)]


def choice(path: str, value: str | None, supported: Sequence[str]) -> ErrorList:
    """Required when empty, NotSupported outside of `supported`, which is shown as given."""
    if not value:
        return [field.required(path)]
    return [] if value in supported else [field.not_supported(path, value, supported)]


def optional_choice(path: str, value: str | None, supported: Sequence[str]) -> ErrorList:
    """NotSupported outside of `supported`; unset passes."""
    return [] if value is None or value in supported else [field.not_supported(path, value, supported)]


def no_backsteps(path: str, value: str) -> ErrorList:
    """validatePathNoBacksteps: no element is `..`."""
    return [field.invalid(path, value, "must not contain '..'")] if ".." in value.split("/") else []


def descending_path(path: str, value: str) -> ErrorList:
    """validateLocalDescendingPath: relative, without `..`."""
    errors = [field.invalid(path, value, "must be a relative path")] if value.startswith("/") else []
    return errors + no_backsteps(path, value)


def non_reserved_path(path: str, value: str) -> ErrorList:
    """ValidateLocalNonReservedPath: descending, and not starting with `..`."""
    errors = descending_path(path, value)
    if value.startswith("..") and not value.startswith("../"):
        errors.append(field.invalid(path, value, "must not start with '..'"))
    return errors


def file_mode(path: str, value: int | None) -> ErrorList:
    """0 to 0777."""
    if value is None or 0 <= value <= 0o777:
        return []
    return [field.invalid(path, value, "must be a number between 0 and 0777 (octal), both inclusive")]


def port(path: str, value: int) -> ErrorList:
    """1 to 65535."""
    return each(path, value, names.port_number(value))


def port_number_or_name(path: str, value: int | str | None) -> ErrorList:
    """ValidatePortNumOrName."""
    if isinstance(value, str):
        return each(path, value, names.port_name(value))
    return port(path, value or 0)


def int_or_percent(path: str, value: int | str | None) -> ErrorList:
    """ValidatePositiveIntOrPercent: a number that is not negative, or a percentage."""
    if isinstance(value, str):
        return each(path, value, names.percent(value))
    return not_negative(path, value)


def percent_of(value: int | str | None) -> int | None:
    """The number of a well-formed percentage, else None."""
    if not isinstance(value, str) or names.percent(value):
        return None
    return int(value[:-1])


def share_or_count(value: int | str | None) -> int:
    """getIntOrPercentValue: the percentage's number or the count, which may be text; other text counts as 0."""
    if isinstance(value, str):
        share = percent_of(value)
        return share if share is not None else _atoi(value)
    return value or 0


def _atoi(text: str) -> int:
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII) else 0


def at_most_100_percent(path: str, value: int | str | None) -> ErrorList:
    """IsNotMoreThan100Percent."""
    share = percent_of(value)
    return [field.invalid(path, value, "must not be greater than 100%")] if share is not None and share > 100 else []


def csi_driver_name(path: str, value: str) -> ErrorList:
    """ValidateCSIDriverName."""
    errors: ErrorList = []
    if not value:
        return [field.required(path)]
    if names.size(value) > 63:
        errors.append(field.too_long(path, 63))
    return errors + each(path, value, names.dns_subdomain(value.lower()))


def decremented(value: int | None, old: int | None) -> bool:
    """IsDecremented: lower, or gone."""
    if value is None:
        return old is not None
    return old is not None and value < old


def amount(value: Any) -> quantity.Quantity:
    """A quantity field's value."""
    return quantity.parse(str(value))


def is_native_resource(name: str) -> bool:
    """Without a domain, or in kubernetes.io."""
    return "/" not in name or _NATIVE_DOMAIN in name


def is_extended_resource(name: str) -> bool:
    """helper.IsExtendedResourceName."""
    if is_native_resource(name) or name.startswith(_REQUESTS):
        return False
    return not names.qualified_name(_REQUESTS + name)


def is_overcommit_allowed(name: str) -> bool:
    """Requests may be below limits."""
    return is_native_resource(name) and not name.startswith(_HUGE_PAGES)


def resource_name(path: str, name: str) -> ErrorList:
    """validateResourceName: qualified, and without a domain only where `standard` knows it."""
    errors = each(path, name, names.qualified_name(name))
    if not errors and "/" not in name and not is_standard_resource(name):
        errors.append(field.invalid(path, name, "must be a standard resource type or fully qualified"))
    return errors


def is_standard_resource(name: str) -> bool:
    """helper.IsStandardResourceName."""
    return (
        name in _STANDARD_CONTAINER_RESOURCES
        or name in _INTEGER_RESOURCES
        or name in ("storage", "requests.storage")
        or name.startswith((_HUGE_PAGES, "requests.hugepages-"))
        or name in _COMPUTE_SHARES
    )


_COMPUTE_SHARES = frozenset(
    f"{kind}.{name}" for kind in ("requests", "limits") for name in _STANDARD_CONTAINER_RESOURCES
)


def container_resource_name(path: str, name: str) -> ErrorList:
    """validateContainerResourceName: what a container may ask for."""
    errors = resource_name(path, name)
    if "/" not in name:
        if name not in _STANDARD_CONTAINER_RESOURCES and not name.startswith(_HUGE_PAGES):
            errors.append(field.invalid(path, name, "must be a standard resource for containers"))
    elif not is_native_resource(name) and not is_extended_resource(name):
        errors.append(field.invalid(path, name, "doesn't follow extended resource name standard"))
    return errors


def pod_resource_name(path: str, name: str) -> ErrorList:
    """validatePodResourceName: what a pod as a whole may ask for."""
    errors = resource_name(path, name)
    if errors or name in ("cpu", "memory") or name.startswith(_HUGE_PAGES):
        return errors
    return [field.not_supported(path, name, ["cpu", "hugepages-", "memory"])]


def resource_amount(path: str, name: str, value: Any) -> ErrorList:
    """ValidateResourceQuantityValue: not negative, whole where the resource is counted."""
    number = amount(value)
    errors: ErrorList = []
    if quantity.sign(number) < 0:
        errors.append(field.invalid(path, str(number), NOT_NEGATIVE))
    counted = name in _INTEGER_RESOURCES or is_extended_resource(name)
    if counted and quantity.scaled_value(number, -3) % 1000:
        errors.append(field.invalid(path, str(number), NOT_INTEGER))
    return errors


def resources(
    requirements: Mapping[str, Any],
    path: str,
    claim_names: Sequence[str],
    name_rule: Callable[[str, str], ErrorList] = container_resource_name,
) -> ErrorList:
    """ValidateContainerResourceRequirements: names, amounts, requests within limits, claims that exist."""
    limits, requests = requirements.get("limits") or {}, requirements.get("requests") or {}
    errors: ErrorList = []
    for name, value in limits.items():
        at = field.key(field.child(path, "limits"), name)
        errors += name_rule(at, name) + resource_amount(at, name, value) + _huge_pages(at, name, value)
    for name, value in requests.items():
        at = field.key(field.child(path, "requests"), name)
        errors += name_rule(at, name) + resource_amount(at, name, value)
        errors += _within_limit(path, name, value, limits.get(name)) + _huge_pages(at, name, value)
    asked = [*limits, *requests]
    if any(n.startswith(_HUGE_PAGES) for n in asked) and not {"cpu", "memory"} & set(asked):
        errors.append(field.forbidden(path, "HugePages require cpu or memory"))
    return errors + _claims(requirements.get("claims") or (), field.child(path, "claims"), claim_names)


def _within_limit(path: str, name: str, value: Any, limit: Any) -> ErrorList:
    at = field.child(path, "requests")
    if limit is None:
        if is_overcommit_allowed(name):
            return []
        return [field.required(field.child(path, "limits"), "Limit must be set for non overcommitable resources")]
    asked, allowed = amount(value), amount(limit)
    order = quantity.compare(asked, allowed)
    if order and not is_overcommit_allowed(name):
        return [field.invalid(at, str(asked), f"must be equal to {name} limit of {allowed}")]
    if order > 0:
        return [field.invalid(at, str(asked), f"must be less than or equal to {name} limit of {allowed}")]
    return []


def _huge_pages(path: str, name: str, value: Any) -> ErrorList:
    if not name.startswith(_HUGE_PAGES):
        return []
    try:
        page = quantity.scaled_value(quantity.parse(name.removeprefix(_HUGE_PAGES)))
    except ValueError:
        page = 0
    number = amount(value)
    total = quantity.scaled_value(number)
    if page > 0 and total >= 0 and total % page == 0:
        return []
    return [field.invalid(path, str(number), f"{number} is not positive integer multiple of {name}")]


def _claims(claims: Sequence[Mapping[str, Any]], path: str, claim_names: Sequence[str]) -> ErrorList:
    errors: ErrorList = []
    seen: set[str] = set()
    for i, claim in enumerate(claims):
        at, name, request = field.index(path, i), claim.get("name") or "", claim.get("request") or ""
        if not name:
            errors.append(field.required(at))
            continue
        key = f"{name}/{request}" if request else name
        if request and name not in seen:
            errors += dns_label(field.child(at, "request"), request)
        if name in seen or key in seen or (not request and any(s.startswith(name + "/") for s in seen)):
            errors.append(field.duplicate(at, key if key in seen else name))
        seen.add(key)
        if name not in claim_names:
            known = ": " + ", ".join(sorted(claim_names)) if claim_names else " which is empty"
            missing = field.not_found(at, name)
            why = f"{missing.message}: must be one of the names in pod.spec.resourceClaims{known}"
            errors.append(field.FieldError(missing.type, at, why))
    return errors


_sysctl = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?").fullmatch


def is_sysctl_name(name: str) -> bool:
    """IsValidSysctlName."""
    return names.size(name) <= 253 and _sysctl(name) is not None
