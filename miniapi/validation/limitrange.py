"""LimitRanges (core ValidateLimitRange)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import names, quantity
from miniapi.meta.objects import Object
from miniapi.meta.quantity import Quantity, compare
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, index, key
from miniapi.validation.interface import Validation

_TYPES = ("Pod", "Container", "PersistentVolumeClaim")
_ONE = Quantity(1, 0)
_PARTS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_ORDER = (
    ("min", "max", "min", "min", "min > max"),
    ("min", "defaultRequest", "defaultRequest", "defaultRequest", "min > default request"),
    ("defaultRequest", "max", "defaultRequest", "defaultRequest", "default request > max"),
    ("defaultRequest", "default", "defaultRequest", "defaultRequest", "default request > default limit"),
    ("min", "default", "default", "min", "min > default"),
    ("default", "max", "default", "max", "default > max"),
)
"""(lower, higher, part that is told, part whose value is shown, words)."""
_MAX_MILLI = ((1 << 63) - 1) // 1000


def _type(kind: str, path: str) -> ErrorList:
    errors = rules.each(path, kind, names.qualified_name(kind))
    if errors or "/" in kind or kind in _TYPES:
        return errors
    return [field.invalid(path, kind, "must be a standard limit type or fully qualified")]


def _ordered(part: dict[str, Quantity], path: str, name: str) -> ErrorList:
    errors: ErrorList = []
    for low, high, at, shown, words in _ORDER:
        if low in part and high in part and compare(part[low], part[high]) > 0:
            where = key(child(path, at), name)
            lower, higher = words.split(" > ")
            why = f"{lower} value {part[low]} is greater than {higher} value {part[high]}"
            errors.append(field.invalid(where, str(part[shown]), why))
    return errors


def _ratio(part: dict[str, Quantity], path: str) -> ErrorList:
    ratio = part.get("maxLimitRequestRatio")
    if ratio is None:
        return []
    errors: ErrorList = []
    if compare(ratio, _ONE) < 0:
        errors.append(field.invalid(path, str(ratio), f"ratio {ratio} is less than 1"))
    if "min" in part and "max" in part:
        three = (ratio, part["min"], part["max"])
        small = all(quantity.scaled_value(q) < _MAX_MILLI for q in three)
        scale = -3 if small else 0
        asked = quantity.scaled_value(ratio, scale) / (1000 if small else 1)
        low, high = (quantity.scaled_value(q, scale) for q in three[1:])
        limit = high / low if low else float("inf")
        if asked > limit:
            errors.append(field.invalid(path, str(ratio), f"ratio {ratio} is greater than max/min = {limit:f}"))
    return errors


def _limit(limit: dict[str, Any], path: str) -> ErrorList:
    kind = limit.get("type") or ""
    errors: ErrorList = []
    name_rule = rules.container_resource_name if kind in ("Pod", "Container") else rules.resource_name
    amounts: dict[str, dict[str, Quantity]] = {}
    for part in _PARTS:
        if kind == "Pod" and part.startswith("default"):
            if limit.get(part):
                errors.append(field.forbidden(child(path, part), "may not be specified when `type` is 'Pod'"))
            continue
        if part == "maxLimitRequestRatio" and kind == "PersistentVolumeClaim":
            if "storage" not in (limit.get("min") or {}) and "storage" not in (limit.get("max") or {}):
                why = "either minimum or maximum storage value is required, but neither was provided"
                errors.append(field.required(child(path, "limits"), why))
        for name, value in (limit.get(part) or {}).items():
            errors += name_rule(key(child(path, part), name), name)
            amounts.setdefault(name, {})[part] = rules.amount(value)
    for name, found in amounts.items():
        errors += _ordered(found, path, name) + _ratio(found, key(child(path, "maxLimitRequestRatio"), name))
        default, request = found.get("default"), found.get("defaultRequest")
        if default and request and not rules.is_overcommit_allowed(name) and compare(default, request):
            why = f"default value {default} must equal to defaultRequest value {request} in {name}"
            errors.append(field.invalid(key(child(path, "defaultRequest"), name), str(request), why))
    return errors


def create(obj: Object) -> ErrorList:
    """One entry a type, each with amounts in order: min, defaultRequest, default, max."""
    errors: ErrorList = []
    seen: set[str] = set()
    for i, limit in enumerate((obj.get("spec") or {}).get("limits") or ()):
        path, kind = index("spec.limits", i), limit.get("type") or ""
        errors += _type(kind, child(path, "type"))
        if kind in seen:
            errors.append(field.duplicate(child(path, "type"), kind))
        seen.add(kind)
        errors += _limit(limit, path)
    return errors


VALIDATION = Validation(create, lambda obj, _old: create(obj), names.name_is_dns_subdomain, update_metadata=("whole",))
