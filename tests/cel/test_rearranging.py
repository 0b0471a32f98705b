"""ext.Lists: lists cut, flattened, ordered and without duplicates, and what is complained of."""

from typing import Any

import pytest

from miniapi.cel.costs import Budget
from miniapi.cel.environment import CompileError, Environment
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import DYN

ENVIRONMENT = Environment({"dynamic": DYN})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 2, 3].slice(1, 3)", [2, 3]),
        ("[[1], [2, 3]].flatten()", [1, 2, 3]),
        ("[[[1]], [[2], [3]]].flatten(2)", [1, 2, 3]),
        ("lists.range(3)", [0, 1, 2]),
        ("[1, 2].reverse()", [2, 1]),
        ("[1, 2, 1].distinct()", [1, 2]),
        ("['b', 'a'].sort()", ["a", "b"]),
        ("['bbb', 'a', 'cc'].sortBy(s, s.size())", ["a", "cc", "bbb"]),
        ("dynamic.sortBy(x, -x)", [2, 1]),
    ],
)
def test_lists_are_rearranged(text: str, value: Any) -> None:
    assert ENVIRONMENT.compile(text).evaluate({"dynamic": [1, 2]}) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[1].slice(0, 2)", r"cannot slice\(0, 2\), list is length 1"),
        ("[1].slice(-1, 0)", r"cannot slice\(-1, 0\), negative indexes not supported"),
        ("[1].slice(1, 0)", "start index must be less than or equal to end index"),
        ("[[1]].flatten(-1)", "level must be non-negative"),
    ],
)
def test_what_cannot_be_rearranged_has_no_value(text: str, why: str) -> None:
    with pytest.raises(EvaluationError, match=why):
        ENVIRONMENT.compile(text).evaluate({})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1.sortBy(x, x)", "1:1: sortBy can only be applied to a list"),
        ("'ab'.reverse()", "found no matching overload for 'reverse' applied to 'string.()'"),
        ("1 && true", "1:1: expected type 'bool' but found 'int'"),
        ("[1].all(x, x)", "1:12: expected type 'bool' but found 'int'"),
        ("[1].filter(x, x)", "applied to '(int, list(int), list(int))'"),
        ("has(dynamic['a'])", "1:12: invalid argument to has() macro"),
    ],
)
def test_complaints_stand_where_the_original_puts_them(text: str, complaint: str) -> None:
    with pytest.raises(CompileError) as told:
        ENVIRONMENT.compile(text)
    assert complaint in str(told.value)


def test_order_costs_what_comparing_all_with_all_would() -> None:
    budget = Budget()
    ENVIRONMENT.compile("lists.range(10).sort()").evaluate({}, budget)
    assert budget.spent == (10 + 11) + (2 * 100 + 11)


def test_a_choice_between_a_type_and_anything_is_anything() -> None:
    assert ENVIRONMENT.compile("true ? 1 : dynamic").type == DYN
