"""FlowSchemas and PriorityLevelConfigurations (flowcontrol/validation)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.internal import internal

_MAX_PRECEDENCE = 10000
_MAX_QUEUES = 10_000_000
_MAX_HASH_BITS = 60
_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
_NAMESPACES = "each member of this list must be '*' or a DNS-1123 label; "
_REJECT = {"nominalConcurrencyShares": 5, "lendablePercent": 0, "limitResponse": {"type": "Reject"}}
_EVERYTHING = [
    {
        "resourceRules": [
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}
        ],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    }
]
_ANYBODY = ("system:unauthenticated", "system:authenticated")


def _groups(*groups: str) -> list[dict[str, Any]]:
    return [{"kind": "Group", "group": {"name": name}} for name in groups]


_MANDATORY_SCHEMAS: dict[str, dict[str, Any]] = {
    "exempt": {
        "priorityLevelConfiguration": {"name": "exempt"},
        "matchingPrecedence": 1,
        "rules": [{**_EVERYTHING[0], "subjects": _groups("system:masters")}],
    },
    "catch-all": {
        "priorityLevelConfiguration": {"name": "catch-all"},
        "matchingPrecedence": _MAX_PRECEDENCE,
        "distinguisherMethod": {"type": "ByUser"},
        "rules": [{**_EVERYTHING[0], "subjects": _groups(*_ANYBODY)}],
    },
}
_MANDATORY_LEVELS: dict[str, dict[str, Any]] = {
    "catch-all": {"type": "Limited", "limited": _REJECT},
    "exempt": {"type": "Exempt"},
}


def _list(rule: dict[str, Any], path: str, name: str, missing: str, others: str) -> tuple[list[str], ErrorList]:
    """A list that is not empty, where `*` stands alone; the list is empty where nothing more is to be said."""
    values, at = rule.get(name) or [], child(path, name)
    if not values:
        return [], [field.required(at, missing)]
    if "*" not in values:
        return values, []
    if len(values) > 1:
        return [], [field.invalid(at, values, f"if '*' is present, must not specify other {others}")]
    return [], []


def _verbs(rule: dict[str, Any], path: str) -> ErrorList:
    verbs, errors = _list(rule, path, "verbs", "verbs must contain at least one value", "verbs")
    if any(verb not in _VERBS for verb in verbs):
        errors.append(field.not_supported(child(path, "verbs"), verbs, _VERBS))
    return errors


def _url(url: str, path: str) -> ErrorList:
    problem = ""
    if not url:
        problem = "must not be empty"
    elif url == "/":
        return []
    elif not url.startswith("/"):
        problem = "must start with slash"
    elif " " in url:
        problem = "must not contain white-space"
    elif "//" in url:
        problem = "must not contain double slash"
    elif url.count("*") > 1 or ("*" in url and not url.endswith("/*")):
        problem = "wildcard can only do suffix matching"
    return [field.invalid(path, url, problem)] if problem else []


def _non_resource_rule(rule: dict[str, Any], path: str) -> ErrorList:
    missing = "nonResourceURLs must contain at least one value"
    urls, errors = _list(rule, path, "nonResourceURLs", missing, "non-resource URLs")
    at = child(path, "nonResourceURLs")
    return _verbs(rule, path) + errors + [e for i, url in enumerate(urls) for e in _url(url, index(at, i))]


def _resource_rule(rule: dict[str, Any], path: str) -> ErrorList:
    errors = _verbs(rule, path)
    for name, missing, others in (
        ("apiGroups", "resource rules must supply at least one api group", "api groups"),
        ("resources", "resource rules must supply at least one resource", "resources"),
    ):
        errors += _list(rule, path, name, missing, others)[1]
    at = child(path, "namespaces")
    if not rule.get("namespaces") and rule.get("clusterScope"):
        return errors
    missing = "resource rules that are not cluster scoped must supply at least one namespace"
    namespaces, wrong = _list(rule, path, "namespaces", missing, "namespaces")
    errors += wrong
    for i, namespace in enumerate(namespaces):
        errors += [field.invalid(index(at, i), namespace, _NAMESPACES + m) for m in names.dns_label(namespace)]
    return errors


def _service_account(subject: dict[str, Any], path: str) -> ErrorList:
    name, namespace = subject.get("name") or "", subject.get("namespace") or ""
    errors: ErrorList = []
    if not name:
        errors.append(field.required(child(path, "name")))
    elif name != "*":
        errors += rules.dns_subdomain(child(path, "name"), name)
    if namespace:
        return errors + rules.dns_label(child(path, "namespace"), namespace)
    return [*errors, field.required(child(path, "namespace"), "must specify namespace for service account")]


def _named(subject: dict[str, Any], path: str) -> ErrorList:
    return rules.required_fields(subject, path, "name")


_SUBJECTS: dict[str, tuple[str, Callable[[dict[str, Any], str], ErrorList]]] = {
    "ServiceAccount": ("serviceAccount", _service_account),
    "User": ("user", _named),
    "Group": ("group", _named),
}


def _subject(subject: dict[str, Any], path: str) -> ErrorList:
    kind = subject.get("kind") or ""
    if kind not in _SUBJECTS:
        return [field.not_supported(child(path, "kind"), kind, sorted(_SUBJECTS))]
    name, check = _SUBJECTS[kind]
    if subject.get(name) is None:
        errors = [field.required(child(path, name), f"{name} is required when subject kind is '{kind}'")]
    else:
        errors = check(subject[name], child(path, name))
    for other_kind, (other, _) in _SUBJECTS.items():
        if other != name and subject.get(other) is not None:
            why = f"{other} is forbidden when subject kind is not '{other_kind}'"
            errors.append(field.forbidden(child(path, other), why))
    return errors


def _policy_rule(rule: dict[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    if not rule.get("subjects"):
        errors.append(field.required(child(path, "subjects"), "subjects must contain at least one value"))
    parts: tuple[tuple[str, Callable[[dict[str, Any], str], ErrorList]], ...] = (
        ("subjects", _subject),
        ("resourceRules", _resource_rule),
        ("nonResourceRules", _non_resource_rule),
    )
    for name, check in parts:
        if name == "resourceRules" and not rule.get("resourceRules") and not rule.get("nonResourceRules"):
            why = "at least one of resourceRules and nonResourceRules has to be non-empty"
            errors.append(field.required(path, why))
        for i, part in enumerate(rule.get(name) or ()):
            errors += check(part, index(child(path, name), i))
    return errors


def _conditions(status: dict[str, Any]) -> ErrorList:
    errors: ErrorList = []
    seen: set[str] = set()
    for i, condition in enumerate(status.get("conditions") or ()):
        at, kind = child(index("status.conditions", i), "type"), condition.get("type") or ""
        if kind in seen:
            errors.append(field.duplicate(at, kind))
        seen.add(kind)
        if not kind:
            errors.append(field.required(at))
    return errors


def create_schema(obj: Object) -> ErrorList:
    """ValidateFlowSchema."""
    name, spec = obj["metadata"].get("name") or "", obj.get("spec") or {}
    precedence, path = spec.get("matchingPrecedence") or 0, "spec.matchingPrecedence"
    errors: ErrorList = []
    if precedence <= 0:
        errors.append(field.invalid(path, precedence, "must be a positive value"))
    if precedence > _MAX_PRECEDENCE:
        errors.append(field.invalid(path, precedence, f"must not be greater than {_MAX_PRECEDENCE}"))
    if precedence == 1 and name != "exempt":
        errors.append(field.invalid(path, 1, "only the schema named 'exempt' may have matchingPrecedence 1"))
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type") not in ("ByNamespace", "ByUser"):
        shown = {"Type": method.get("type") or ""}
        errors.append(field.not_supported("spec.distinguisherMethod.type", shown, ("ByNamespace", "ByUser")))
    level, at = (spec.get("priorityLevelConfiguration") or {}).get("name") or "", "spec.priorityLevelConfiguration.name"
    errors += rules.dns_subdomain(at, level) if level else [field.required(at, "must reference a priority level")]
    for i, rule in enumerate(spec.get("rules") or ()):
        errors += _policy_rule(rule, index("spec.rules", i))
    if name in _MANDATORY_SCHEMAS and spec != _MANDATORY_SCHEMAS[name]:
        shown = internal("FlowSchemaSpec", spec)
        errors.append(field.invalid("spec", shown, f"spec of '{name}' must equal the fixed value"))
    return errors + _conditions(obj.get("status") or {})


def _queuing(queuing: dict[str, Any], path: str) -> ErrorList:
    length, queues, hand = (queuing.get(n) or 0 for n in ("queueLengthLimit", "queues", "handSize"))
    errors: ErrorList = []
    if length <= 0:
        errors.append(field.invalid(child(path, "queueLengthLimit"), length, "must be positive"))
    if queues <= 0:
        errors.append(field.invalid(child(path, "queues"), queues, "must be positive"))
    elif queues > _MAX_QUEUES:
        errors.append(field.invalid(child(path, "queues"), queues, f"must not be greater than {_MAX_QUEUES}"))
    at = child(path, "handSize")
    if hand <= 0:
        errors.append(field.invalid(at, hand, "must be positive"))
    elif hand > queues:
        errors.append(field.invalid(at, hand, f"should not be greater than queues ({queues})"))
    elif math.ceil(math.log2(queues) * hand) > _MAX_HASH_BITS:
        sizes = f"deckSize {queues} and handSize {hand}"
        why = f"required entropy bits of {sizes} should not be greater than {_MAX_HASH_BITS}"
        errors.append(field.invalid(at, hand, why))
    return errors


def _shares(part: dict[str, Any], path: str) -> ErrorList:
    shares = part.get("nominalConcurrencyShares") or 0
    if shares >= 0:
        return []
    return [field.invalid(child(path, "nominalConcurrencyShares"), shares, "must be a non-negative integer")]


def _lendable(part: dict[str, Any], path: str) -> ErrorList:
    percent = part.get("lendablePercent")
    if percent is None or 0 <= percent <= 100:
        return []
    return [field.invalid(child(path, "lendablePercent"), percent, "must be between 0 and 100, inclusive")]


def _limited(limited: dict[str, Any], path: str) -> ErrorList:
    errors = _shares(limited, path)
    errors += _limit_response(limited.get("limitResponse") or {}, child(path, "limitResponse"))
    errors += _lendable(limited, path)
    borrowing = limited.get("borrowingLimitPercent")
    if borrowing is not None and borrowing < 0:
        why = "if specified, must be a non-negative integer"
        errors.append(field.invalid(child(path, "borrowingLimitPercent"), borrowing, why))
    return errors


def _limit_response(response: dict[str, Any], at: str) -> ErrorList:
    errors: ErrorList = []
    kind, queuing = response.get("type") or "", response.get("queuing")
    if kind not in ("Queue", "Reject"):
        errors.append(field.not_supported(child(at, "type"), kind, ("Queue", "Reject")))
    elif kind == "Reject" and queuing is not None:
        why = "must be nil if limited.limitResponse.type is not Limited"
        errors.append(field.forbidden(child(at, "queuing"), why))
    elif kind == "Queue":
        why = "must not be empty if limited.limitResponse.type is Limited"
        at = child(at, "queuing")
        errors += [field.required(at, why)] if queuing is None else _queuing(queuing, at)
    return errors


def create_level(obj: Object) -> ErrorList:
    """ValidatePriorityLevelConfiguration."""
    name, spec = obj["metadata"].get("name") or "", obj.get("spec") or {}
    kind, limited, exempt = spec.get("type") or "", spec.get("limited"), spec.get("exempt")
    errors: ErrorList = []
    if (name == "exempt") != (kind == "Exempt"):
        why = "must be 'Exempt' if and only if `name` is 'exempt'"
        errors.append(field.invalid("spec.type", kind, why))
    if kind == "Exempt":
        if limited is not None:
            errors.append(field.forbidden("spec.limited", "must be nil if the type is not Limited"))
        if exempt is not None:
            errors += _shares(exempt, "spec.exempt") + _lendable(exempt, "spec.exempt")
    elif kind == "Limited":
        if exempt is not None:
            errors.append(field.forbidden("spec.exempt", "must be nil if the type is Limited"))
        if limited is None:
            errors.append(field.required("spec.limited", "must not be empty when type is Limited"))
        else:
            errors += _limited(limited, "spec.limited")
    else:
        errors.append(field.not_supported("spec.type", kind, ("Exempt", "Limited")))
    free = ("exempt",) if name == "exempt" else ()  # what its owner may set
    fixed = {key: value for key, value in spec.items() if key not in free}
    if name in _MANDATORY_LEVELS and fixed != _MANDATORY_LEVELS[name]:
        shown = internal("PriorityLevelConfigurationSpec", spec)
        but = " except the 'spec.exempt' field" if free else ""
        errors.append(field.invalid("spec", shown, f"spec of '{name}'{but} must equal the fixed value"))
    return errors + _conditions(obj.get("status") or {})


def _update_status(obj: Object, _old: Object) -> ErrorList:
    return _conditions(obj.get("status") or {})


def _again(create: Callable[[Object], ErrorList]) -> Validation:
    return Validation(create, lambda obj, _old: create(obj), names.name_is_dns_subdomain, update_metadata=("whole",))


SCHEMA = _again(create_schema)
LEVEL = _again(create_level)
STATUS = Validation(update=_update_status)
