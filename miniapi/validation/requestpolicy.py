"""What may be asked of a device's capacity that several share (resource/validation, validateRequestPolicy)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from miniapi.meta.quantity import Quantity, add, compare, scaled_value
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, index

_MAX_VALUES = 10
_BOTH = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'


def request_policy(policy: Mapping[str, Any], capacity: Quantity, path: str) -> ErrorList:
    """Either values or a range, with a default among them."""
    values, limits = policy.get("validValues") or [], policy.get("validRange")
    if values and limits is not None:
        return [field.forbidden(path, _BOTH)]
    if not values and limits is None:
        return []
    kind = "validValues" if values else "validRange"
    if policy.get("default") is None:
        return [field.required(child(path, "default"), f"required when {kind} is defined")]
    default, at = rules.amount(policy["default"]), child(path, kind)
    if values:
        return _values([rules.amount(value) for value in values], default, capacity, at)
    return _range({name: rules.amount(value) for name, value in (limits or {}).items()}, default, capacity, at)


def _values(values: list[Quantity], default: Quantity, capacity: Quantity, path: str) -> ErrorList:
    why = "values must be sorted in ascending order"
    pairs = enumerate(pairwise(values), 1)
    errors = [field.invalid(index(path, i), str(b), why) for i, (a, b) in pairs if compare(a, b) > 0]
    found = False
    if len(values) > _MAX_VALUES:
        errors.append(field.too_many(path, len(values), _MAX_VALUES))
    else:
        found = any(compare(value, default) == 0 for value in values)
        for i, value in enumerate(values):
            if compare(value, capacity) > 0:
                told = f"option is larger than capacity value: {capacity}"
                errors.append(field.invalid(index(path, i), str(value), told))
            if scaled_value(value) in map(scaled_value, values[:i]):
                errors.append(field.duplicate(index(path, i), str(scaled_value(value))))
    if not found:
        errors.append(field.invalid(path, str(default), "default value is not valid according to the requestPolicy"))
    return errors


def _range(limits: dict[str, Quantity], default: Quantity, capacity: Quantity, path: str) -> ErrorList:
    least, most, step = limits.get("min"), limits.get("max"), limits.get("step")
    errors: ErrorList = []

    def check(part: str, wrong: bool, value: Quantity, why: str) -> None:
        if wrong:
            errors.append(field.invalid(child(path, part), str(value), why))

    if least is None:
        return [field.required(child(path, "min"), "required when validRange is defined")]
    check("min", compare(least, capacity) > 0, least, f"min is larger than capacity value: {capacity}")
    check("min", compare(default, least) < 0, default, f"default is less than min: {least}")
    if most is not None:
        check("max", compare(least, most) > 0, least, f"min is larger than max: {most}")
        check("max", compare(most, capacity) > 0, most, f"max is larger than capacity value: {capacity}")
        check("max", compare(default, most) > 0, default, f"default is more than max: {most}")
    if step is not None:
        once = add(least, step)
        check("step", compare(once, capacity) > 0, step, f"one step {once} is larger than capacity value: {capacity}")
        why = f"value is not a multiple of a given step ({step}) from ({least})"
        for value in (default,) if most is None else (default, most):
            check("step", not _is_stepped(value, least, step), value, why)
    return errors


def _is_stepped(value: Quantity, least: Quantity, step: Quantity) -> bool:
    """Whether whole steps lead from the least to the value. (The original panics at empty ones.)"""
    size = scaled_value(step)
    return bool(size) and (scaled_value(value) - scaled_value(least)) % size == 0
