"""CEL rules of a definition's schema: their form, their compilation, their cost
(apiextensions/validation: ValidateCustomResourceDefinitionOpenAPISchema, cel_validation.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from miniapi.cel.declared import MAX_REQUEST_BYTES, declared, min_size
from miniapi.cel.estimate import UNBOUNDED, capped, estimate
from miniapi.validation import field as errors
from miniapi.validation.cel_paths import BadPath, field_path
from miniapi.validation.cel_rules import RULES, Rule, compile_rules
from miniapi.validation.field import ErrorList, child, index, key
from miniapi.validation.internal_schema import internal_rule

Props = Mapping[str, Any]

RULE_COST_LIMIT = 10_000_000
"""StaticEstimatedCostLimit."""
SCHEMA_COST_LIMIT = 100_000_000
"""StaticEstimatedCRDCostLimit."""
MOST_SHOWN = 4
_NO_TYPE = (
    "internal error: failed to construct type information for x-kubernetes-validations rules: "
    "unable to convert structural schema to CEL declarations"
)
_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_ADVICE = "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"  # noqa: E501
_TOTAL = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
_SHARE = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"


def rule_forms(schema: Props, path: str) -> ErrorList:
    """What is wrong with the rules as they are written, inner schemas first."""
    out = [e for inner, at in _inner(schema, path) for e in rule_forms(inner, at)]
    for i, rule in enumerate(schema.get(RULES) or ()):
        out += _form(schema, rule, index(child(path, RULES), i))
    return out


def _inner(schema: Props, path: str) -> list[tuple[Props, str]]:
    found: list[tuple[Props, str]] = []
    additional, items = schema.get("additionalProperties"), schema.get("items")
    if isinstance(additional, Mapping):
        found.append((additional, child(path, "additionalProperties")))
    found += [(p, key(child(path, "properties"), n)) for n, p in (schema.get("properties") or {}).items()]
    if isinstance(items, Mapping):
        found.append((items, child(path, "items")))
    return found


def _form(schema: Props, rule: Props, path: str) -> ErrorList:
    out: ErrorList = []
    text, message = rule.get("rule") or "", rule.get("message") or ""
    expression, reason, where = rule.get("messageExpression") or "", rule.get("reason"), rule.get("fieldPath") or ""
    at = child(path, "message")
    if not text.strip():
        out.append(errors.required(child(path, "rule"), "rule is not specified"))
    elif message and not message.strip():
        out.append(errors.invalid(at, message, "must be non-empty if specified"))
    elif _lines(message):
        out.append(errors.invalid(at, message, "must not contain line breaks"))
    elif _lines(text) and not message.strip():
        out.append(errors.required(at, "message must be specified if rule contains line breaks"))
    if expression and not expression.strip():
        out.append(
            errors.required(child(path, "messageExpression"), "messageExpression must be non-empty if specified")
        )
    if reason is not None and reason not in _REASONS:
        out.append(errors.not_supported(child(path, "reason"), reason, _REASONS))
    at = child(path, "fieldPath")
    if where and not where.strip():
        out.append(errors.invalid(at, where, "must be non-empty if specified"))
    if "\n" in where or "\r" in where:
        out.append(errors.invalid(at, where, "must not contain line breaks"))
    if where and not _leads_somewhere(schema, where):
        out.append(errors.invalid(at, where, "must be a valid path"))
    return out


def _leads_somewhere(schema: Props, where: str) -> bool:
    try:
        field_path(where, schema)
    except BadPath:
        return False
    return True


def _lines(text: str) -> bool:
    return "\n" in text.strip() or "\r" in text.strip()


@dataclass(slots=True)
class _Costs:
    """What the rules of a schema cost together."""

    total: int = 0
    expressions: list[tuple[int, str]] = field(default_factory=list)

    def add(self, cost: int, path: str) -> None:
        self.total = capped(self.total + cost)
        self.expressions.append((cost, path))


def compiled_rules(schema: Props, path: str) -> ErrorList:
    """What is wrong with what the rules mean and cost."""
    costs = _Costs()
    out = _compiled(schema, path, 1, costs, root=True, lost="")
    if costs.total > SCHEMA_COST_LIMIT:
        dear = sorted((c for c in costs.expressions if c[0] >= SCHEMA_COST_LIMIT // 100), key=lambda c: -c[0])[
            :MOST_SHOWN
        ]
        out += [errors.forbidden(at, _SHARE) for _, at in dear]
        out.append(errors.forbidden(path, cost_message(_TOTAL, costs.total, SCHEMA_COST_LIMIT)))
    return out


def _compiled(schema: Props, path: str, times: int | None, costs: _Costs, *, root: bool, lost: str) -> ErrorList:
    """`times`: how often the node can be in an object, None where unbounded; `lost`: from where old values are."""
    out: ErrorList = []
    for inner, at in _inner(schema, path):
        below, gone = times, lost
        if at == child(path, "items"):
            below = _times(times, schema.get("maxItems"))
            gone = lost or ("" if schema.get("x-kubernetes-list-type") == "map" else path)
        elif at == child(path, "additionalProperties"):
            below = _times(times, schema.get("maxProperties"))
        out += _compiled(inner, at, below, costs, root=False, lost=gone)
    raw = schema.get(RULES) or []
    of = declared(schema, root=root) if raw else None
    if raw and of is None:
        out.append(errors.internal(child(path, RULES), _NO_TYPE))
    if of is None:
        return out
    repeated = times if times is not None else MAX_REQUEST_BYTES // (min_size(schema) + 1)
    for i, rule in enumerate(compile_rules(schema, of)):
        out += _judged(rule, index(child(path, RULES), i), repeated, costs, lost)
    return out


def _times(times: int | None, most: int | None) -> int | None:
    return None if times is None or most is None else capped(times * max(most, 0))


def _judged(rule: Rule, path: str, times: int, costs: _Costs, lost: str) -> ErrorList:
    out: ErrorList = []
    if not (rule.raw.get("rule") or "").strip():
        return out
    at = child(path, "rule")
    cost = capped(estimate(rule.program.root) * times) if rule.program is not None else 0
    if cost > RULE_COST_LIMIT:
        out.append(errors.forbidden(at, cost_message("estimated rule cost", cost, RULE_COST_LIMIT)))
    costs.add(cost, at)
    if rule.problem:
        out.append(errors.invalid(at, internal_rule(rule.raw), rule.problem))
    where = child(path, "messageExpression")
    if rule.message_problem:
        out.append(errors.invalid(where, internal_rule(rule.raw), rule.message_problem))
    elif rule.message is not None:
        cost = capped(estimate(rule.message.root) * 1)
        if cost > RULE_COST_LIMIT:
            out.append(errors.forbidden(where, cost_message("estimated messageExpression cost", cost, RULE_COST_LIMIT)))
        costs.add(cost, where)
    if rule.uses_old:
        if lost:
            why = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {lost}"
            out.append(errors.invalid(at, rule.raw["rule"], why))
    elif rule.raw.get("optionalOldSelf") is not None:
        why = "may not be set if oldSelf is not used in rule"
        out.append(errors.invalid(child(path, "optionalOldSelf"), rule.raw["optionalOldSelf"], why))
    return out


def cost_message(what: str, cost: int, limit: int) -> str:
    """By which factor a cost exceeds its limit."""
    factor = cost / limit
    if factor > 100.0 or cost >= UNBOUNDED:
        shown = "more than 100x"
    elif factor < 1.5:
        shown = f"{factor:f}x"
    else:
        shown = f"{factor:.1f}x"
    return f"{what} exceeds budget by factor of {shown} {_ADVICE}"
