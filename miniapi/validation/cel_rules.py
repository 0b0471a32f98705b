"""x-kubernetes-validations of a schema, compiled once and run on objects
(apiextensions-apiserver/pkg/apiserver/schema/cel).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from miniapi.cel.costs import RUNTIME_BUDGET, Budget
from miniapi.cel.declared import Convert, converter, declared, with_meta
from miniapi.cel.environment import CompileError, Environment, Program
from miniapi.cel.problems import CostExceeded, EvaluationError
from miniapi.cel.types import Type, optional_of
from miniapi.cel.values import NOTHING, Optional
from miniapi.validation import field as errors
from miniapi.validation.cel_paths import BadPath, field_path
from miniapi.validation.field import ErrorList, FieldError

Props = Mapping[str, Any]
RULES = "x-kubernetes-validations"
MAX_MESSAGE_BYTES = 5 * 1024
_OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"
_MISSING = object()


@dataclass(slots=True)
class Rule:
    """One rule; `program` is None where it did not compile, `problem` says why."""

    raw: Props
    program: Program | None = None
    problem: str = ""
    message: Program | None = None
    message_problem: str = ""
    uses_old: bool = False
    below: str = ""
    """The field below this one that is told to be wrong."""

    @property
    def shown(self) -> str:
        """The rule as errors name it: its message or itself."""
        return ((self.raw.get("message") or "").strip()) or (self.raw.get("rule") or "").strip()

    @property
    def complaint(self) -> str:
        """What is said where it does not hold and its messageExpression says nothing."""
        message = (self.raw.get("message") or "").strip()
        return message or f"failed rule: {(self.raw.get('rule') or '').strip()}"


def compile_rules(schema: Props, of: Type) -> list[Rule]:
    """The rules of one node, `of` the type of self."""
    return [_rule(rule, of, schema) for rule in schema.get(RULES) or ()]


def _rule(raw: Props, of: Type, schema: Props) -> Rule:
    rule, text = Rule(raw), raw.get("rule") or ""
    if not text.strip():
        return rule
    old = optional_of(of) if raw.get("optionalOldSelf") else of
    environment = Environment({"self": of, "oldSelf": old})
    try:
        program = environment.compile(text)
    except CompileError as problem:
        rule.problem = f"{problem.stage}: {problem}"
        return rule
    if program.type.kind != "bool":
        rule.problem = "cel expression must evaluate to a bool"
        return rule
    rule.program, rule.uses_old = program, program.uses("oldSelf")
    with suppress(BadPath):
        rule.below = field_path(raw.get("fieldPath") or "", schema)[0]
    expression = raw.get("messageExpression") or ""
    if expression.strip():
        try:
            rule.message = environment.compile(expression)
        except CompileError as problem:
            rule.message_problem = f"messageExpression {problem.stage}: {problem}"
            return rule
        if rule.message.type.kind != "string":
            rule.message, rule.message_problem = None, "messageExpression must evaluate to a string"
    return rule


@dataclass(slots=True)
class _Judgement:
    """What came of the rules so far."""

    errors: ErrorList = field(default_factory=list)
    left: int = RUNTIME_BUDGET


class _OutOfBudget(Exception):
    """No further rules are run."""


@dataclass(slots=True)
class _Node:
    type: str
    rules: list[Rule]
    convert: Convert | None
    granular: bool
    keys: tuple[str, ...]
    properties: dict[str, _Node]
    values: _Node | None
    items: _Node | None

    def judge(self, value: Any, old: Any, same: bool, path: str, out: _Judgement) -> None:
        """This node's rules, then those below. `same`: what was nearest above and had an old value has not changed."""
        if value is None:
            return
        known = old is not _MISSING
        unchanged = value == old if known else same
        if self.rules:
            self._own(value, old if known else None, unchanged, path, out)
        if value.__class__ is dict:
            olds = old if self.granular and old.__class__ is dict else {}
            for name, entry in value.items():
                child = self.properties.get(name)
                if child is not None:
                    at = f"{path}.{name}" if path else name
                    child.judge(entry, olds.get(name, _MISSING), unchanged, at, out)
                elif self.values is not None:
                    self.values.judge(entry, olds.get(name, _MISSING), unchanged, f"{path}[{name}]", out)
        elif value.__class__ is list and self.items is not None:
            by_key = {self._key(e): e for e in old} if self.keys and old.__class__ is list else {}
            for position, entry in enumerate(value):
                before = by_key.get(self._key(entry), _MISSING) if by_key else _MISSING
                self.items.judge(entry, before, unchanged, f"{path}[{position}]", out)

    def _key(self, entry: Any) -> tuple[Any, ...]:
        return tuple(entry.get(k) for k in self.keys) if entry.__class__ is dict else ()

    def _own(self, value: Any, old: Any, unchanged: bool, path: str, out: _Judgement) -> None:
        convert = self.convert or _as_it_is
        mine = convert(value)
        before = convert(old) if old is not None else None
        for rule in self.rules:
            if rule.problem:
                out.errors.append(errors.invalid(path or "<nil>", self.type, f"rule compile error: {rule.problem}"))
            if rule.program is None:
                continue
            optional = bool(rule.raw.get("optionalOldSelf"))
            if rule.uses_old and before is None and not optional:
                continue
            variables = {"self": mine, "oldSelf": before}
            if optional:
                variables["oldSelf"] = Optional(before, True) if before is not None else NOTHING
            problem = self._run(rule, variables, value, path, out)
            if problem is None:
                continue
            tolerated = unchanged and not rule.uses_old
            out.errors.append(replace(problem, tolerated=True) if tolerated else problem)

    def _run(self, rule: Rule, variables: dict[str, Any], value: Any, path: str, out: _Judgement) -> FieldError | None:
        assert rule.program is not None
        budget, at = Budget(), path or "<nil>"
        try:
            held = rule.program.evaluate(variables, budget)
        except CostExceeded as problem:
            why = "no further validation rules will be run due to call cost exceeds limit for rule"
            out.errors.append(errors.invalid(at, self.type, f"'{problem}': {why}: {rule.shown}"))
            raise _OutOfBudget from None
        except EvaluationError as problem:
            text = f"{problem} evaluating rule: {rule.shown}"
            if str(problem).startswith("no such overload"):
                why = "call arguments did not match a supported operator, function or macro signature for rule"
                text = f"'{problem}': {why}: {rule.shown}"
            return errors.invalid(at, self.type, text)
        finally:
            self._pay(budget, at, out)
        if held is True:
            return None
        said = self._said(rule, variables, at, out) if rule.message is not None else ""
        return self._failed(rule, value, path, said or rule.complaint)

    def _pay(self, budget: Budget, path: str, out: _Judgement) -> None:
        out.left -= budget.spent
        if out.left < 0:
            out.errors.append(errors.invalid(path, self.type, _OUT_OF_BUDGET))
            raise _OutOfBudget

    def _said(self, rule: Rule, variables: dict[str, Any], path: str, out: _Judgement) -> str:
        assert rule.message is not None
        budget = Budget()
        try:
            text = str(rule.message.evaluate(variables, budget)).strip()
        except (EvaluationError, CostExceeded):
            return ""
        finally:
            self._pay(budget, path, out)
        return text if "\n" not in text and len(text.encode()) <= MAX_MESSAGE_BYTES else ""

    def _failed(self, rule: Rule, value: Any, path: str, detail: str) -> FieldError:
        at = errors.child(path, rule.below) if rule.below else path or "<nil>"
        reason = rule.raw.get("reason") or "FieldValueInvalid"
        shown = f": {errors.show(value)}" if value.__class__ not in (dict, list) else ""
        if reason == "FieldValueForbidden":
            return errors.forbidden(at, detail)
        if reason == "FieldValueRequired":
            return errors.required(at, detail)
        if reason == "FieldValueDuplicate":
            return FieldError(reason, at, f"Duplicate value{shown}")
        return FieldError("FieldValueInvalid", at, f"Invalid value{shown}: {detail}")


def _as_it_is(value: Any) -> Any:
    return value


def rule_validator(schema: Props, *, root: bool = True) -> Callable[[Any, Any], ErrorList] | None:
    """-> f(object, old object or None): what is wrong; None for a schema without rules. `root`: of a whole object."""
    node = _node(schema, root=root)
    if node is None:
        return None

    def judge(obj: Any, old: Any) -> ErrorList:
        out = _Judgement()
        with suppress(_OutOfBudget):
            node.judge(obj, _MISSING if old is None else old, False, "", out)
        return out.errors

    return judge


def _node(schema: Props, *, root: bool = False) -> _Node | None:
    properties = {n: c for n, p in (schema.get("properties") or {}).items() if (c := _node(p)) is not None}
    additional, inner = schema.get("additionalProperties"), schema.get("items")
    values = _node(additional) if isinstance(additional, Mapping) else None
    items = _node(inner) if isinstance(inner, Mapping) else None
    raw = schema.get(RULES) or []
    if not (properties or values or items or raw):
        return None
    of = declared(schema, root=root) if raw else None
    return _Node(
        type=schema.get("type", ""),
        rules=compile_rules(schema, of) if of is not None else [],
        convert=converter(with_meta(schema) if root else schema),
        granular=schema.get("x-kubernetes-map-type", "granular") == "granular",
        keys=tuple(schema.get("x-kubernetes-list-map-keys") or ())
        if schema.get("x-kubernetes-list-type") == "map"
        else (),
        properties=properties,
        values=values,
        items=items,
    )
