"""Where pods may run: node selectors, affinity, tolerations, spreading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miniapi.meta import names
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.metadata import label_name
from miniapi.validation.selector import label_selector

Term = Mapping[str, Any]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_NO_SELECTOR_OPERATOR = "not a valid selector operator"


def affinity(value: Mapping[str, Any], path: str) -> ErrorList:
    """validateAffinity."""
    errors: ErrorList = []
    if (node := value.get("nodeAffinity")) is not None:
        errors += _node_affinity(node, field.child(path, "nodeAffinity"))
    for key in ("podAffinity", "podAntiAffinity"):
        if (pods := value.get(key)) is not None:
            errors += _pod_affinity(pods, field.child(path, key))
    return errors


def _node_affinity(node: Mapping[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    if node.get(REQUIRED) is not None:
        errors += node_selector(node[REQUIRED], field.child(path, REQUIRED))
    for i, preferred in enumerate(node.get(PREFERRED) or ()):
        at = field.index(field.child(path, PREFERRED), i)
        errors += _weight(preferred, at)
        errors += _node_term(preferred.get("preference") or {}, field.child(at, "preference"), check_values=False)
    return errors


def _weight(term: Term, path: str) -> ErrorList:
    weight = term.get("weight") or 0
    return (
        [] if 1 <= weight <= 100 else [field.invalid(field.child(path, "weight"), weight, "must be in the range 1-100")]
    )


def node_selector(selector: Mapping[str, Any], path: str) -> ErrorList:
    """ValidateNodeSelector."""
    at = field.child(path, "nodeSelectorTerms")
    terms = selector.get("nodeSelectorTerms")
    if not terms:
        return [field.required(at, "must have at least one node selector term")]
    return [e for i, term in enumerate(terms) for e in _node_term(term, field.index(at, i), check_values=True)]


def _node_term(term: Term, path: str, *, check_values: bool) -> ErrorList:
    errors: ErrorList = []
    for i, requirement in enumerate(term.get("matchExpressions") or ()):
        errors += _node_requirement(requirement, field.index(field.child(path, "matchExpressions"), i), check_values)
    for i, requirement in enumerate(term.get("matchFields") or ()):
        errors += _field_requirement(requirement, field.index(field.child(path, "matchFields"), i))
    return errors


def _node_requirement(requirement: Term, path: str, check_values: bool) -> ErrorList:
    operator, values = requirement.get("operator") or "", requirement.get("values") or []
    at = field.child(path, "values")
    errors: ErrorList = []
    match operator:
        case "In" | "NotIn":
            if not values:
                errors.append(field.required(at, "must be specified when `operator` is 'In' or 'NotIn'"))
        case "Exists" | "DoesNotExist":
            if values:
                why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                errors.append(field.forbidden(at, why))
        case "Gt" | "Lt":
            if len(values) != 1:
                errors.append(field.required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
        case _:
            errors.append(field.invalid(field.child(path, "operator"), operator, _NO_SELECTOR_OPERATOR))
    errors += label_name(requirement.get("key") or "", field.child(path, "key"))
    if check_values:
        for i, value in enumerate(values):
            errors += rules.each(field.index(at, i), value, names.label_value(value))
    return errors


def _field_requirement(requirement: Term, path: str) -> ErrorList:
    operator, values = requirement.get("operator") or "", requirement.get("values") or []
    errors: ErrorList = []
    if operator not in ("In", "NotIn"):
        errors.append(field.invalid(field.child(path, "operator"), operator, _NO_SELECTOR_OPERATOR))
    elif len(values) != 1:
        why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        errors.append(field.required(field.child(path, "values"), why))
    key = requirement.get("key") or ""
    if key != "metadata.name":
        return [*errors, field.invalid(field.child(path, "key"), key, "not a valid field selector key")]
    for i, value in enumerate(values):
        errors += rules.dns_subdomain(field.index(field.child(path, "values"), i), value)
    return errors


def _pod_affinity(pods: Mapping[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    for i, term in enumerate(pods.get(REQUIRED) or ()):
        errors += _pod_term(term, field.index(field.child(path, REQUIRED), i))
    for i, weighted in enumerate(pods.get(PREFERRED) or ()):
        at = field.index(field.child(path, PREFERRED), i)
        errors += _weight(weighted, at)
        errors += _pod_term(weighted.get("podAffinityTerm") or {}, field.child(at, "podAffinityTerm"))
    return errors


def _pod_term(term: Term, path: str) -> ErrorList:
    errors = label_selector(term.get("labelSelector"), field.child(path, "labelSelector"))
    errors += label_selector(term.get("namespaceSelector"), field.child(path, "namespaceSelector"))
    for namespace in term.get("namespaces") or ():
        errors += rules.dns_label(field.child(path, "namespace"), namespace)
    errors += _label_keys(term, path)
    key, at = term.get("topologyKey") or "", field.child(path, "topologyKey")
    if not key:
        errors.append(field.required(at, "can not be empty"))
    return errors + label_name(key, at)


def _label_keys(term: Term, path: str) -> ErrorList:
    """matchLabelKeys and mismatchLabelKeys: names, used once."""
    selector = term.get("labelSelector")
    errors: ErrorList = []
    for name in ("matchLabelKeys", "mismatchLabelKeys"):
        keys, at = term.get(name) or (), field.child(path, name)
        if keys and selector is None:
            errors.append(field.forbidden(at, "must not be specified when labelSelector is not set"))
        elif keys:
            errors += [e for i, key in enumerate(keys) for e in label_name(key, field.index(at, i))]
    keys = list(term.get("matchLabelKeys") or ())
    if selector is not None:
        known = set(selector.get("matchLabels") or ())
        for expression in selector.get("matchExpressions") or ():
            key = expression.get("key") or ""
            if key in keys and key in known:
                why = "exists in both matchLabelKeys and labelSelector"
                errors.append(field.invalid(field.index(path, keys.index(key)), key, why))
            known.add(key)
    mismatch = term.get("mismatchLabelKeys") or ()
    for i, key in enumerate(keys):
        if key in mismatch:
            at = field.index(field.child(path, "matchLabelKeys"), i)
            errors.append(field.invalid(at, key, "exists in both matchLabelKeys and mismatchLabelKeys"))
    return errors


def tolerations(values: Sequence[Term], path: str) -> ErrorList:
    """ValidateTolerations."""
    return [e for i, value in enumerate(values) for e in _toleration(value, field.index(path, i))]


def _toleration(value: Term, path: str) -> ErrorList:
    key, operator, text = value.get("key") or "", value.get("operator") or "", value.get("value") or ""
    effect, at = value.get("effect") or "", field.child(path, "operator")
    errors = label_name(key, field.child(path, "key")) if key else []
    if not key and operator != "Exists":
        why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        errors.append(field.invalid(at, operator, why))
    if value.get("tolerationSeconds") is not None and effect != "NoExecute":
        why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        errors.append(field.invalid(field.child(path, "effect"), effect, why))
    match operator:
        case "" | "Equal":
            if wrong := names.label_value(text):
                errors.append(field.invalid(at, text, ";".join(wrong)))
        case "Exists":
            if text:
                errors.append(field.invalid(at, text, "value must be empty when `operator` is 'Exists'"))
        case _:
            known = ("Equal", "Exists", "Lt", "Gt") if operator in ("Lt", "Gt") else ("Equal", "Exists")
            errors.append(field.not_supported(at, operator, known))
    if effect:
        errors += rules.optional_choice(field.child(path, "effect"), effect, TAINT_EFFECTS)
    return errors


def spread_constraints(values: Sequence[Term], path: str) -> ErrorList:
    """validateTopologySpreadConstraints."""
    errors: ErrorList = []
    for i, value in enumerate(values):
        at = field.index(path, i)
        if (skew := value.get("maxSkew") or 0) <= 0:
            errors.append(field.invalid(field.child(at, "maxSkew"), skew, rules.NOT_POSITIVE))
        key, action = value.get("topologyKey") or "", value.get("whenUnsatisfiable") or ""
        if not key:
            errors.append(field.required(field.child(at, "topologyKey"), "can not be empty"))
        where = field.child(at, "whenUnsatisfiable")
        errors += rules.optional_choice(where, action, ("DoNotSchedule", "ScheduleAnyway"))
        pairs = [(v.get("topologyKey") or "", v.get("whenUnsatisfiable") or "") for v in values[i + 1 :]]
        if (key, action) in pairs:
            shown = f"{{{key}, {action}}}"
            errors.append(field.duplicate(field.child(at, "{topologyKey, whenUnsatisfiable}"), shown))
        errors += _min_domains(value, action, field.child(at, "minDomains"))
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            errors += rules.optional_choice(field.child(at, name), value.get(name), ("Honor", "Ignore"))
        errors += _label_keys(value, at)
        errors += label_selector(value.get("labelSelector"), field.child(at, "labelSelector"))
    return errors


def _min_domains(value: Term, action: str, path: str) -> ErrorList:
    domains = value.get("minDomains")
    if domains is None:
        return []
    errors = [field.invalid(path, domains, rules.NOT_POSITIVE)] if domains <= 0 else []
    if action != "DoNotSchedule":
        why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        errors.append(field.invalid(path, domains, why))
    return errors
