"""What webhooks and admission policies share: rules, match conditions, parameters (admissionregistration/validation).

CEL expressions are compiled elsewhere: whoever can compile hands in a `Compile`, so that its
complaints stand where the original has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from miniapi.meta import names
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.selector import label_selector

Compile = Callable[[str, str, str, Mapping[str, Any]], ErrorList]
"""(use, expression, path, spec) -> complaints. `use`: matchCondition, variable, validation, messageExpression,
auditAnnotation, mutation or deviceSelector; `spec` tells whether there are parameters and variables."""

FAILURE_POLICIES = ("Fail", "Ignore")
MATCH_POLICIES = ("Equivalent", "Exact")
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_MAX_CONDITIONS = 64
_LIST_NAMES = {"apiGroups": "API groups", "apiVersions": "API versions", "operations": "operations"}


def no_compile(_use: str, _expression: str, _path: str, _spec: Mapping[str, Any]) -> ErrorList:
    """Trusts every expression."""
    return []


def _resources(resources: list[str], path: str) -> ErrorList:
    errors: ErrorList = [] if resources else [field.required(path)]
    all_subresources, all_resources = set[str](), set[str]()
    plain = False
    for i, text in enumerate(resources):
        at = index(path, i)
        if not text:
            errors.append(field.required(at))
            continue
        resource, slash, subresource = text.partition("/")
        if not slash:
            plain = text != "*"
            continue
        if resource in all_subresources:
            errors.append(field.invalid(at, text, f"if '{resource}/*' is present, must not specify {text}"))
        if subresource in all_resources:
            errors.append(field.invalid(at, text, f"if '*/{subresource}' is present, must not specify {text}"))
        if subresource == "*":
            all_subresources.add(resource)
        if resource == "*":
            all_resources.add(subresource)
    if len(resources) > 1 and "*/*" in resources:
        errors.append(field.invalid(path, resources, "if '*/*' is present, must not specify other resources"))
    if "*" in resources and plain:
        why = "if '*' is present, must not specify other resources without subresources"
        errors.append(field.invalid(path, resources, why))
    return errors


def _alone(rule: Mapping[str, Any], path: str, name: str) -> ErrorList:
    values, at = rule.get(name) or [], child(path, name)
    if not values:
        return [field.required(at)]
    if len(values) > 1 and "*" in values:
        return [field.invalid(at, values, f"if '*' is present, must not specify other {_LIST_NAMES[name]}")]
    return []


def rule(value: Mapping[str, Any], path: str) -> ErrorList:
    """validateRuleWithOperations."""
    errors = _alone(value, path, "operations")
    for i, operation in enumerate(value.get("operations") or ()):
        if operation not in _OPERATIONS:
            at = index(child(path, "operations"), i)
            errors.append(field.not_supported(at, operation, _OPERATIONS))
    errors += _alone(value, path, "apiGroups") + _alone(value, path, "apiVersions")
    for i, version in enumerate(value.get("apiVersions") or ()):
        if not version:
            errors.append(field.required(index(child(path, "apiVersions"), i)))
    errors += _resources(value.get("resources") or [], child(path, "resources"))
    return errors + rules.optional_choice(child(path, "scope"), value.get("scope"), _SCOPES)


def named_rule(value: Mapping[str, Any], path: str) -> ErrorList:
    """validateNamedRuleWithOperations."""
    errors: ErrorList = []
    found, at = value.get("resourceNames") or [], child(path, "resourceNames")
    for i, name in enumerate(found):
        errors += rules.each(index(at, i), name, names.path_segment(name))
        if name in found[:i]:
            errors.append(field.duplicate(index(at, i), name))
    return errors + rule(value, path)


def match_resources(match: Mapping[str, Any], path: str) -> ErrorList:
    """validateMatchResources."""
    policy, errors = match.get("matchPolicy"), list[field.FieldError]()
    if policy is None:
        errors.append(field.required(child(path, "matchPolicy")))
    errors += rules.optional_choice(child(path, "matchPolicy"), policy, MATCH_POLICIES)
    for name in ("namespaceSelector", "objectSelector"):
        if match.get(name) is None:
            errors.append(field.required(child(path, name)))
        else:
            errors += label_selector(match[name], child(path, name))
    for name in ("resourceRules", "excludeResourceRules"):
        for i, value in enumerate(match.get(name) or ()):
            errors += named_rule(value, index(child(path, name), i))
    return errors


def match_conditions(owner: Mapping[str, Any], path: str, compile_: Compile) -> ErrorList:
    """validateMatchConditions of a webhook or a policy's spec."""
    conditions, at = owner.get("matchConditions") or [], child(path, "matchConditions")
    errors: ErrorList = []
    if len(conditions) > _MAX_CONDITIONS:
        errors.append(field.too_many(at, len(conditions), _MAX_CONDITIONS))
    seen: set[str] = set()
    for i, condition in enumerate(conditions):
        where, name = index(at, i), condition.get("name") or ""
        expression, expression_at = (condition.get("expression") or "").strip(), child(where, "expression")
        if expression:
            errors += compile_("matchCondition", expression, expression_at, owner)
        else:
            errors.append(field.required(expression_at))
        if not name:
            errors.append(field.required(child(where, "name")))
            continue
        errors += rules.qualified_name(child(where, "name"), name)
        if name in seen:
            errors.append(field.duplicate(child(where, "name"), name))
        seen.add(name)
    return errors
