"""What the checker and the parser say, functions of lists, and estimates of the newer functions."""

from typing import Any

import pytest

from miniapi.cel.environment import CompileError, Environment
from miniapi.cel.estimate import estimate
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import BOOL, INT, STRING, Field, Type, list_of, object_of

SELF = object_of(
    "thing",
    {
        "s": Field(STRING, "s"),
        "b": Field(BOOL, "b"),
        "l": Field(list_of(STRING), "l"),
        "short": Field(Type("string", size=20), "short"),
        "__namespace__": Field(INT, "namespace"),
    },
)


def compile_(text: str) -> Any:
    return Environment({"self": SELF}).compile(text)


def evaluate(text: str) -> Any:
    return compile_(text).evaluate({"self": {"s": "b", "b": True, "l": ["c", "a", "bb", "a"], "namespace": 1}})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("self.l.sort()", ["a", "a", "bb", "c"]),
        ("self.l.sortBy(x, -x.size())", ["bb", "c", "a", "a"]),
        ("self.l.distinct()", ["c", "a", "bb"]),
        ("self.l.slice(1, 3)", ["a", "bb"]),
        ("self.l.reverse()", ["a", "bb", "a", "c"]),
        ("lists.range(3)", [0, 1, 2]),
        ("[[1], [2, 3]].flatten()", [1, 2, 3]),
        ("[[[1]], [[2]]].flatten(2)", [1, 2]),
        ("self.namespace == self.__namespace__", True),
        ("type(self.s) == int", False),
        ("'%d %s'.format([1, self.s])", "1 b"),
        ("sign(quantity('-1'))", -1),
    ],
)
def test_an_expression_has_a_value(text: str, value: object) -> None:
    assert evaluate(text) == value


def test_a_slice_stays_within_its_list() -> None:
    with pytest.raises(EvaluationError, match=r"cannot slice\(0, 9\), list is length 4"):
        evaluate("self.l.slice(0, 9)")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("has(self)", "1:5: invalid argument to has() macro"),
        ("self.b && self.s", "1:15: expected type 'bool' but found 'string'"),
        ("self.l.all(x, x)", "1:15: expected type 'bool' but found 'string'"),
        ("self.l.filter(x, x) == []", "1:14: found no matching overload for '_?_:_' applied to "
         "'(string, list(string), list(string))'"),
        ("self.s.reverse() == ''", "1:15: found no matching overload for 'reverse' applied to 'string.()'"),
        ("quantity('1').sign() == 1", "1:19: found no matching overload for 'sign' applied to"),
        ("1.5e400 > 1.0", "1:1: invalid double literal"),
        ("self.b ? 1", "1:11: Syntax error: mismatched input '<EOF>' expecting ':'"),
        ("[1", "1:3: Syntax error: mismatched input '<EOF>' expecting {']', ','}"),
        ("self.l[", "1:8: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', '?', 'true'"),
        ("f(", "1:3: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.', '-', '!', 'true'"),
    ],
)  # fmt: skip
def test_what_is_no_expression_says_why(text: str, complaint: str) -> None:
    with pytest.raises(CompileError) as problem:
        compile_(text)
    assert str(problem.value).startswith(f"ERROR: <input>:{complaint}")


def test_the_value_of_an_optional_has_no_known_size() -> None:
    assert estimate(compile_("self.short + 'a' == 'b'").root) < 20
    assert estimate(compile_("self.?short.optMap(x, x + 'a').orValue('b') == 'b'").root) > 10**17


def test_text_that_is_read_costs_what_it_is_long() -> None:
    assert estimate(compile_("isIP(self.short)").root) < 10
    assert estimate(compile_("isIP(self.s)").root) > 10**17
