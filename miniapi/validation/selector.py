"""Label selectors as objects hold them (meta/v1/validation.ValidateLabelSelector)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.validation import field
from miniapi.validation.field import ErrorList
from miniapi.validation.metadata import label_map, label_name


def label_selector(selector: Mapping[str, Any] | None, path: str, *, check_values: bool = True) -> ErrorList:
    """Rules of a selector; None has none.

    `check_values` False lets expressions hold values that no label can have, as objects created long ago may.
    """
    errors: ErrorList = []
    if not selector:
        return errors
    if wanted := selector.get("matchLabels"):
        errors += label_map(wanted, field.child(path, "matchLabels"))
    for i, expression in enumerate(selector.get("matchExpressions") or ()):
        errors += _requirement(expression, field.index(field.child(path, "matchExpressions"), i), check_values)
    return errors


def _requirement(requirement: Mapping[str, Any], path: str, check_values: bool) -> ErrorList:
    errors: ErrorList = []
    operator, values = requirement.get("operator") or "", requirement.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            why = "must be specified when `operator` is 'In' or 'NotIn'"
            errors.append(field.required(field.child(path, "values"), why))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(field.forbidden(field.child(path, "values"), why))
    else:
        errors.append(field.invalid(field.child(path, "operator"), operator, "not a valid selector operator"))
    errors += label_name(requirement.get("key") or "", field.child(path, "key"))
    if check_values:
        for i, value in enumerate(values):
            at = field.index(field.child(path, "values"), i)
            errors += [field.invalid(at, value, m) for m in names.label_value(value)]
    return errors


def matches(selector: Mapping[str, Any] | None, values: Mapping[str, str]) -> bool:
    """Whether labels meet a selector: None meets nothing, an empty one everything. Unknown operators meet nothing."""
    if selector is None:
        return False
    for name, wanted in (selector.get("matchLabels") or {}).items():
        if values.get(name) != wanted:
            return False
    return all(_meets(e, values) for e in selector.get("matchExpressions") or ())


def _meets(requirement: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    name, wanted = requirement.get("key") or "", requirement.get("values") or ()
    match requirement.get("operator"):
        case "In":
            return name in values and values[name] in wanted
        case "NotIn":
            return name not in values or values[name] not in wanted
        case "Exists":
            return name in values
        case "DoesNotExist":
            return name not in values
    return False


def is_convertible(selector: Mapping[str, Any]) -> bool:
    """Whether LabelSelectorAsSelector takes the selector."""
    labels = selector.get("matchLabels") or {}
    if any(names.qualified_name(key) or names.label_value(value) for key, value in labels.items()):
        return False
    return all(_is_requirement(e) for e in selector.get("matchExpressions") or ())


def _is_requirement(expression: Mapping[str, Any]) -> bool:
    operator, values = expression.get("operator"), expression.get("values") or ()
    if operator in ("In", "NotIn"):
        fits = bool(values)
    else:
        fits = operator in ("Exists", "DoesNotExist") and not values
    return fits and not names.qualified_name(expression.get("key") or "") and not any(map(names.label_value, values))


def shown_selector(selector: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A selector as messages show it: fields in their struct's order, labels sorted."""
    if selector is None:
        return None
    shown: dict[str, Any] = {}
    if labels := selector.get("matchLabels"):
        shown["matchLabels"] = dict(sorted(labels.items()))
    if expressions := selector.get("matchExpressions"):
        shown["matchExpressions"] = expressions
    return shown
