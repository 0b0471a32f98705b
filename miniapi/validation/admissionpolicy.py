"""Validating and mutating admission policies and their bindings (admissionregistration/validation)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from miniapi.meta import gvk, names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.admission_rules import (
    FAILURE_POLICIES,
    Compile,
    match_conditions,
    match_resources,
    no_compile,
)
from miniapi.validation.expressions import compile_expression
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.internal import internal
from miniapi.validation.metadata import conditions
from miniapi.validation.selector import label_selector

_MAX_AUDIT_ANNOTATIONS = 20
_MAX_VALUE_EXPRESSION_BYTES = 5 * 1024
_ACTIONS = ("Audit", "Deny", "Warn")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_EITHER = "validations or auditAnnotations must contain at least one item"
_BOTH = (
    "must not contain both Deny and Warn (repeating the same validation failure information "
    "in the API response and headers serves no purpose)"
)
_identifier = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*").fullmatch
_RESERVED = frozenset(
    (
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    )
)  # fmt: skip


def _param_kind(kind: dict[str, Any], path: str) -> ErrorList:
    version_text, name, errors = kind.get("apiVersion") or "", kind.get("kind") or "", list[field.FieldError]()
    at = child(path, "apiVersion")
    if not version_text:
        errors.append(field.required(at))
    else:
        try:
            group, version = gvk.parse_api_version(version_text)
        except ValueError as problem:
            errors.append(field.invalid(at, version_text, str(problem)))
        else:
            if group and (wrong := names.dns_subdomain(group)):
                errors.append(field.invalid(at, group, ",".join(wrong)))
            if not version:
                errors.append(field.invalid(at, version_text, "version must be specified"))
            elif wrong := names.dns_1035_label(version):
                errors.append(field.invalid(at, version, ",".join(wrong)))
    if not name:
        errors.append(field.required(child(path, "kind")))
    elif wrong := names.dns_1035_label(name.lower()):
        why = "may have mixed case, but should otherwise match: " + ",".join(wrong)
        errors.append(field.invalid(child(path, "kind"), name, why))
    return errors


def _variables(spec: dict[str, Any], compile_: Compile) -> ErrorList:
    errors: ErrorList = []
    for i, variable in enumerate(spec.get("variables") or ()):
        path, name, expression = (
            index("spec.variables", i),
            variable.get("name") or "",
            variable.get("expression") or "",
        )
        if not name.strip():
            errors.append(field.required(child(path, "name"), "name is not specified"))
        elif not _identifier(name) or name in _RESERVED:
            errors.append(field.invalid(child(path, "name"), name, "must be a valid CEL identifier"))
        if not expression.strip():
            errors.append(field.required(child(path, "expression"), "expression is not specified"))
        else:
            errors += compile_("variable", expression, child(path, "expression"), spec)
    return errors


def _validation(value: dict[str, Any], path: str, spec: dict[str, Any], compile_: Compile) -> ErrorList:
    expression, message, told = (value.get(n) or "" for n in ("expression", "message", "messageExpression"))
    errors: ErrorList = []
    if expression.strip():
        errors += compile_("validation", expression, child(path, "expression"), spec)
    else:
        errors.append(field.required(child(path, "expression"), "expression is not specified"))
    at = child(path, "messageExpression")
    if told and not told.strip():
        errors.append(field.invalid(at, told, "must be non-empty if specified"))
    elif told:
        errors += compile_("messageExpression", told, at, spec)
    at, trimmed = child(path, "message"), message.strip()
    if message and not trimmed:
        errors.append(field.invalid(at, message, "must be non-empty if specified"))
    elif "\n" in trimmed or "\r" in trimmed:
        errors.append(field.invalid(at, message, "must not contain line breaks"))
    return errors + rules.optional_choice(child(path, "reason"), value.get("reason"), _REASONS)


def _audit(obj: Object, spec: dict[str, Any], compile_: Compile) -> ErrorList:
    annotations, path = spec.get("auditAnnotations") or [], "spec.auditAnnotations"
    owner, errors = obj["metadata"].get("name") or "", list[field.FieldError]()
    if len(annotations) > _MAX_AUDIT_ANNOTATIONS:
        why = f"must not have more than {_MAX_AUDIT_ANNOTATIONS} auditAnnotations"
        errors.append(field.invalid(path, [internal("AuditAnnotation", a) for a in annotations], why))
    seen: set[str] = set()
    for i, annotation in enumerate(annotations):
        at, key = index(path, i), annotation.get("key") or ""
        if owner:
            errors += rules.qualified_name(child(at, "key"), f"{owner}/{key}")
        else:
            errors.append(field.invalid(child(at, "key"), key, "requires metadata.name be non-empty"))
        expression, where = annotation.get("valueExpression") or "", child(at, "valueExpression")
        if not expression.strip():
            errors.append(field.required(where, "valueExpression is not specified"))
        elif names.size(expression.strip()) > _MAX_VALUE_EXPRESSION_BYTES:
            why = f"must not exceed {_MAX_VALUE_EXPRESSION_BYTES} bytes in length"
            errors.append(field.required(where, why))
        else:
            errors += compile_("auditAnnotation", expression, where, spec)
        if key in seen:
            errors.append(field.duplicate(child(at, "key"), key))
        seen.add(key)
    return errors


def _head(spec: dict[str, Any], compile_: Compile, match: bool, mutating: bool = False) -> ErrorList:
    """Failure policy, parameters, what is matched, variables."""
    policy, constraints, path = spec.get("failurePolicy"), spec.get("matchConstraints"), "spec.matchConstraints"
    errors: ErrorList = []
    if policy is None:
        errors.append(field.required("spec.failurePolicy"))
    errors += rules.optional_choice("spec.failurePolicy", policy, FAILURE_POLICIES)
    if spec.get("paramKind") is not None:
        errors += _param_kind(spec["paramKind"], "spec.paramKind")
    if constraints is None:
        errors.append(field.required(path))
    else:
        errors += match_resources(constraints, path)
        if not constraints.get("resourceRules"):
            errors.append(field.required(child(path, "resourceRules")))
        if mutating:
            errors += _mutable(constraints, path)
    if match:
        errors += match_conditions(spec, "spec", compile_)
    return errors + _variables(spec, compile_)


def _matches_changed(obj: Object, old: Object) -> bool:
    new, before = obj.get("spec") or {}, old.get("spec") or {}
    return any(new.get(name) != before.get(name) for name in ("paramKind", "matchConditions"))


def validating(compile_: Compile = no_compile) -> Validation:
    """ValidatingAdmissionPolicies, their expressions compiled by `compile_`."""

    def check(obj: Object, match: bool) -> ErrorList:
        spec = obj.get("spec") or {}
        errors = _head(spec, compile_, match)
        if not spec.get("validations") and not spec.get("auditAnnotations"):
            missing = ("spec.validations", "spec.auditAnnotations")
            return errors + [field.required(path, _EITHER) for path in missing]
        for i, value in enumerate(spec.get("validations") or ()):
            errors += _validation(value, index("spec.validations", i), spec, compile_)
        return errors + _audit(obj, spec, compile_)

    return Validation(
        lambda obj: check(obj, match=True),
        lambda obj, old: check(obj, _matches_changed(obj, old)),
        names.name_is_dns_subdomain,
        qualified_finalizers=False,
        update_metadata=("whole",),
    )


_PATCHES = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}


def _mutation(value: dict[str, Any], path: str, spec: dict[str, Any], compile_: Compile) -> ErrorList:
    kind, at = value.get("patchType") or "", child(path, "patchType")
    if not kind:
        return [field.required(at)]
    if kind not in _PATCHES:
        return [field.not_supported(at, kind, tuple(_PATCHES))]
    errors: ErrorList = []
    wrong: ErrorList = []
    for other, name in _PATCHES.items():
        part, where = value.get(name), child(path, name)
        if other != kind and part is not None:
            wrong.append(field.invalid(where, f"{{{name}}}", f"must not be specified when patchType is {kind}"))
        elif other == kind and part is None:
            errors.append(field.required(where, f"must be specified when patchType is {kind}"))
        elif part is not None:
            expression = (part.get("expression") or "").strip()
            if expression:
                errors += compile_("mutation", expression, child(where, "expression"), spec)
            else:
                errors.append(field.required(child(where, "expression")))
    return errors + wrong


def _mutable(match: Mapping[str, Any] | None, path: str) -> ErrorList:
    """What deletes cannot be mutated."""
    operations = (o for rule in (match or {}).get("resourceRules") or () for o in rule.get("operations") or ())
    at, known = child(path, "resourceRules", "operations"), ("*", "CONNECT", "CREATE", "UPDATE")
    return [field.not_supported(at, o, known) for o in operations if o not in known]


def mutating(compile_: Compile = no_compile) -> Validation:
    """MutatingAdmissionPolicies, their expressions compiled by `compile_`."""

    def check(obj: Object, match: bool) -> ErrorList:
        spec = obj.get("spec") or {}
        errors = _head(spec, compile_, match, mutating=True)
        if not spec.get("mutations"):
            errors.append(field.required("spec.mutations", "mutations must contain at least one item"))
        for i, value in enumerate(spec.get("mutations") or ()):
            errors += _mutation(value, index("spec.mutations", i), spec, compile_)
        policy = spec.get("reinvocationPolicy") or ""
        return errors + field.one_of("spec.reinvocationPolicy", policy, ("IfNeeded", "Never"))

    return Validation(
        lambda obj: check(obj, match=True),
        lambda obj, old: check(obj, _matches_changed(obj, old)),
        names.name_is_dns_subdomain,
        qualified_finalizers=False,
        update_metadata=("whole",),
    )


def _param_ref(ref: dict[str, Any], path: str) -> ErrorList:
    name, selector, action = ref.get("name") or "", ref.get("selector"), ref.get("parameterNotFoundAction")
    errors: ErrorList = []
    if name:
        errors += rules.each(child(path, "name"), name, names.path_segment(name))
        if selector is not None:
            why = "name and selector are mutually exclusive"
            errors += [field.forbidden(child(path, n), why) for n in ("name", "selector")]
    if selector is not None:
        errors += label_selector(selector, child(path, "selector"))
    elif not name:
        errors.append(field.required(path, "one of name or selector must be specified"))
    at = child(path, "parameterNotFoundAction")
    if not action:
        return [*errors, field.required(at)]
    return errors if action in ("Allow", "Deny") else [*errors, field.not_supported(at, action, ("Deny", "Allow"))]


def _binding(obj: Object) -> ErrorList:
    spec = obj.get("spec") or {}
    name = spec.get("policyName") or ""
    errors = (
        rules.each("spec.policyName", name, names.dns_subdomain(name)) if name else [field.required("spec.policyName")]
    )
    if spec.get("paramRef") is not None:
        errors += _param_ref(spec["paramRef"], "spec.paramRef")
    if spec.get("matchResources") is not None:
        errors += match_resources(spec["matchResources"], "spec.matchResources")
    return errors


def _actions(obj: Object) -> ErrorList:
    actions, path = (obj.get("spec") or {}).get("validationActions") or [], "spec.validationActions"
    errors: ErrorList = []
    for i, action in enumerate(actions):
        if action not in _ACTIONS:
            errors.append(field.not_supported(index(path, i), action, _ACTIONS))
        if action in actions[:i]:
            errors.append(field.duplicate(index(path, i), action))
    if "Deny" in actions and "Warn" in actions:
        errors.append(field.invalid(path, actions, _BOTH))
    if not actions:
        errors.append(field.required(path, "at least one validation action is required"))
    return errors


def _mutating_binding(obj: Object) -> ErrorList:
    return _binding(obj) + _mutable((obj.get("spec") or {}).get("matchResources"), "spec.matchResources")


def _validating_binding(obj: Object) -> ErrorList:
    return _binding(obj) + _actions(obj)


def _update_status(obj: Object, _old: Object) -> ErrorList:
    """validateValidatingAdmissionPolicyStatus."""
    status = obj.get("status") or {}
    errors: ErrorList = []
    for i, warning in enumerate((status.get("typeChecking") or {}).get("expressionWarnings") or ()):
        at = index("status.typeChecking.expressionWarnings", i)
        errors += rules.required_fields(warning, at, "warning")
        if not (warning.get("fieldRef") or "").strip():
            errors.append(field.required(child(at, "fieldRef")))
    return errors + conditions(status.get("conditions") or (), "status.conditions")


VALIDATING = validating(compile_expression)
MUTATING = mutating(compile_expression)
VALIDATING_BINDING = Validation(
    _validating_binding,
    lambda obj, _old: _validating_binding(obj),
    names.name_is_dns_subdomain,
    qualified_finalizers=False,
    update_metadata=("whole",),
)
MUTATING_BINDING = Validation(
    _mutating_binding,
    lambda obj, _old: _mutating_binding(obj),
    names.name_is_dns_subdomain,
    qualified_finalizers=False,
    update_metadata=("whole",),
)
STATUS = Validation(update=_update_status)
