"""matchConditions of webhooks and policies: whether they are asked at all (plugin/webhook/matchconditions)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from miniapi.admission.expressions import Spending, Variables
from miniapi.admission.refusal import aggregate
from miniapi.cel.environment import Program
from miniapi.cel.problems import EvaluationError
from miniapi.expressions.policy import Expressions
from miniapi.meta.objects import Object

BUDGET = 2_500_000
"""celconfig.RuntimeCELCostBudgetMatchConditions."""


class NotJudged(Exception):
    """Some condition could not be evaluated, and none said no."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition."""

    name: str
    program: Program


def compile_conditions(conditions: Sequence[Object], expressions: Expressions) -> list[Condition]:
    """Raises expressions.policy.Complaint."""
    return [Condition(c["name"], expressions.compile("matchCondition", c["expression"])) for c in conditions]


def met(conditions: Sequence[Condition], variables: Variables, *, ignores_failure: bool) -> bool:
    """Whether all hold. One no decides; NotJudged where one cannot be evaluated, or no where that is to be ignored."""
    spending = Spending(BUDGET)
    problems = []
    for condition in conditions:
        try:
            if spending.evaluate(condition.program, variables) is False:
                return False
        except EvaluationError as problem:
            problems.append(str(problem))
    if problems and not ignores_failure:
        raise NotJudged(aggregate(problems))
    return not problems
