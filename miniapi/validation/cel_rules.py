"""x-kubernetes-validations of a schema, compiled once and run on objects
(apiextensions-apiserver/pkg/apiserver/schema/cel).
"""

from __future__ import annotations

import json
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
from miniapi.schema.correlation import ABSENT, MapList, map_keys, unchanged
from miniapi.validation import field as errors
from miniapi.validation.cel_paths import BadPath, field_path
from miniapi.validation.field import ErrorList, FieldError

Props = Mapping[str, Any]
RULES = "x-kubernetes-validations"
MAX_MESSAGE_BYTES = 5 * 1024
_NO_FURTHER = "no further validation rules will be run"
_OUT_OF_BUDGET = f"validation failed due to running out of cost budget, {_NO_FURTHER}"
_MESSAGE_OUT_OF_BUDGET = f"messageExpression evaluation failed due to running out of cost budget, {_NO_FURTHER}"
_MESSAGE_TOO_DEAR = f"{_NO_FURTHER} due to call cost exceeds limit for messageExpression:"


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


Pair = tuple[Props, Any, Any]
"""(schema, value, old value)."""


@dataclass(slots=True)
class _Judgement:
    """What came of the rules so far."""

    errors: ErrorList = field(default_factory=list)
    left: int = RUNTIME_BUDGET

    def evaluate(self, program: Program, variables: dict[str, Any]) -> Any:
        """EvaluationError, CostExceeded of this expression, _OutOfBudget of all together."""
        budget = Budget()
        try:
            return program.evaluate(variables, budget)
        finally:
            self.left -= budget.spent
            if self.left < 0:
                raise _OutOfBudget


class _OutOfBudget(Exception):
    """The rules of an object have cost all that they may."""


class _NoFurther(Exception):
    """No further rules are run."""


@dataclass(slots=True)
class _Node:
    schema: Props
    rules: list[Rule]
    convert: Convert | None
    keys: tuple[str, ...]
    properties: dict[str, _Node]
    values: _Node | None
    items: _Node | None

    @property
    def type(self) -> str:
        return str(self.schema.get("type", ""))

    def judge(self, value: Any, old: Any, above: Pair | None, path: str, out: _Judgement) -> None:
        """This node's rules, then those below. `above`: what is nearest above and has an old value."""
        if value is None:
            return
        pair = (self.schema, value, old) if old is not ABSENT else above
        if self.rules:
            self._own(value, old if old is not ABSENT else None, pair, path, out)
        if value.__class__ is dict:
            olds = old if old.__class__ is dict else {}
            for name, entry in value.items():
                child = self.properties.get(name)
                if child is not None:
                    at = f"{path}.{name}" if path else name
                    child.judge(entry, olds.get(name, ABSENT), pair, at, out)
                elif self.values is not None:
                    self.values.judge(entry, olds.get(name, ABSENT), pair, f"{path}[{name}]", out)
        elif value.__class__ is list and self.items is not None:
            before = MapList(self.keys, old)
            for position, entry in enumerate(value):
                self.items.judge(entry, before.get(entry), pair, f"{path}[{position}]", out)

    def _own(self, value: Any, old: Any, pair: Pair | None, path: str, out: _Judgement) -> None:
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
            asked = variables
            if optional:
                asked = variables | {"oldSelf": Optional(before, True) if before is not None else NOTHING}
            if self._holds(rule, asked, path, out):
                continue
            tolerated = not rule.uses_old and pair is not None and unchanged(*pair)
            detail = rule.complaint
            if rule.message is not None:
                # Its oldSelf is the plain old value, also where the rule's is optional.
                detail = self._said(rule, variables, tolerated, path, out) or detail
            out.errors.append(replace(self._failed(rule, value, path, detail), tolerated=tolerated))

    def _holds(self, rule: Rule, variables: dict[str, Any], path: str, out: _Judgement) -> bool:
        """Whether there is nothing more to say of the rule."""
        assert rule.program is not None

        def wrong(why: str) -> None:
            out.errors.append(errors.invalid(path or "<nil>", self.type, why))

        try:
            return out.evaluate(rule.program, variables) is True
        except _OutOfBudget:
            wrong(_OUT_OF_BUDGET)
            raise _NoFurther from None
        except CostExceeded as problem:
            wrong(f"'{problem}': {_NO_FURTHER} due to call cost exceeds limit for rule: {rule.shown}")
            raise _NoFurther from None
        except EvaluationError as problem:
            if str(problem).startswith("no such overload"):
                why = "call arguments did not match a supported operator, function or macro signature for rule"
                wrong(f"'{problem}': {why}: {rule.shown}")
            else:
                wrong(f"{problem} evaluating rule: {rule.shown}")
            return True

    def _said(self, rule: Rule, variables: dict[str, Any], tolerated: bool, path: str, out: _Judgement) -> str:
        """What the messageExpression says; empty where nothing can be made of it."""
        assert rule.message is not None
        try:
            text = str(out.evaluate(rule.message, variables)).strip()
        except EvaluationError:
            return ""
        except _OutOfBudget:
            why = _MESSAGE_OUT_OF_BUDGET
        except CostExceeded:
            why = f"{_MESSAGE_TOO_DEAR} {json.dumps(rule.raw['messageExpression'], ensure_ascii=False)}"
        else:
            return text if "\n" not in text and len(text.encode()) <= MAX_MESSAGE_BYTES else ""
        out.errors.append(replace(errors.invalid(_told_at(rule, path), self.type, why), tolerated=tolerated))
        raise _NoFurther

    def _failed(self, rule: Rule, value: Any, path: str, detail: str) -> FieldError:
        at = _told_at(rule, path)
        reason = rule.raw.get("reason") or "FieldValueInvalid"
        shown = f": {errors.show(value)}" if value.__class__ not in (dict, list) else ""
        if reason == "FieldValueForbidden":
            return errors.forbidden(at, detail)
        if reason == "FieldValueRequired":
            return errors.required(at, detail)
        if reason == "FieldValueDuplicate":
            return FieldError(reason, at, f"Duplicate value{shown}")
        return FieldError("FieldValueInvalid", at, f"Invalid value{shown}: {detail}")


def _told_at(rule: Rule, path: str) -> str:
    return errors.child(path, rule.below) if rule.below else path or "<nil>"


def _as_it_is(value: Any) -> Any:
    return value


def rule_validator(schema: Props, *, root: bool = True) -> Callable[[Any, Any], ErrorList] | None:
    """-> f(object, old object or None): what is wrong; None for a schema without rules. `root`: of a whole object."""
    node = _node(schema, root=root)
    if node is None:
        return None

    def judge(obj: Any, old: Any) -> ErrorList:
        out = _Judgement()
        with suppress(_NoFurther):
            node.judge(obj, ABSENT if old is None else old, None, "", out)
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
        schema=schema,
        rules=compile_rules(schema, of) if of is not None else [],
        convert=converter(with_meta(schema) if root else schema),
        keys=map_keys(schema),
        properties=properties,
        values=values,
        items=items,
    )
