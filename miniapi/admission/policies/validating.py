"""One validating policy with one parameter: what it denies and annotates (plugin/policy/validating/validator.go)."""

from __future__ import annotations

from dataclasses import dataclass, field

from miniapi.admission.conditions import NotJudged, met
from miniapi.admission.expressions import BudgetSpent, Lazy, Spending, Variables
from miniapi.admission.policies.policy import Policy, Rule
from miniapi.cel.problems import EvaluationError
from miniapi.meta.objects import Object

MAX_MESSAGE_BYTES = 5 * 1024
MAX_ANNOTATION_BYTES = 10 * 1024


@dataclass(frozen=True, slots=True)
class Denial:
    """A rule that does not hold, or cannot be judged where failures count."""

    message: str
    reason: str = ""
    index: int = 0
    """Of the rule."""


@dataclass(slots=True)
class Result:
    """What the policy says."""

    denials: list[Denial] = field(default_factory=list)
    annotation_denials: list[Denial] = field(default_factory=list)
    """Denied whatever the binding's actions are."""
    annotations: list[tuple[str, str]] = field(default_factory=list)


def judge(policy: Policy, variables: Variables, params: Object | None) -> Result:
    """`variables` as `expressions.variables_of` makes them."""
    known = {**variables, "params": params}
    result = Result()
    try:
        if not met(policy.conditions, known, ignores_failure=policy.ignores_failure):
            return result
    except NotJudged as problem:
        return Result([Denial(str(problem))])
    spending = Spending()
    known["variables"] = Lazy(policy.variables, known, spending)
    for index, rule in enumerate(policy.rules):
        try:
            holds = spending.evaluate(rule.program, known)
        except BudgetSpent as problem:
            return Result([] if policy.ignores_failure else [Denial(str(problem))])
        except EvaluationError as problem:
            if not policy.ignores_failure:
                result.denials.append(Denial(str(problem), index=index))
            continue
        if holds is not True:
            result.denials.append(Denial(_message(rule, known, spending), rule.reason, index))
    _annotate(policy, known, result)
    return result


def _message(rule: Rule, variables: Variables, spending: Spending) -> str:
    """The expression's, the rule's own, or the rule itself; a message is one line of limited length."""
    if rule.message_program is not None:
        try:
            told = spending.evaluate(rule.message_program, variables)
        except EvaluationError:
            told = None
        text = told.strip() if isinstance(told, str) else ""
        if text and len(text.encode()) <= MAX_MESSAGE_BYTES and "\n" not in text:
            return text
    return rule.message.strip() or f"failed expression: {rule.program.text.strip()}"


def _annotate(policy: Policy, variables: Variables, result: Result) -> None:
    spending = Spending()
    for annotation in policy.audit_annotations:
        try:
            value = spending.evaluate(annotation.program, variables)
        except EvaluationError as problem:
            if not policy.ignores_failure:
                result.annotation_denials.append(Denial(str(problem)))
            continue
        text = value.strip() if isinstance(value, str) else ""
        if text:
            result.annotations.append((annotation.key, text[:MAX_ANNOTATION_BYTES]))
