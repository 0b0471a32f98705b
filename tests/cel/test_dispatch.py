"""What is said of values that a function has no form for."""

import pytest

from miniapi.cel.environment import Environment
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import DYN

ENVIRONMENT = Environment({"one": DYN, "text": DYN, "nothing": DYN, "entries": DYN})
VALUES = {"one": 1, "text": "a", "nothing": None, "entries": [1]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("one + text", "no such overload"),
        ("nothing + one", "no such overload: _+_"),
        ("entries < entries", "no such overload: _<_"),
        ("one.size()", "no such overload: size"),
        ("string(entries)", "no such overload: string(list)"),
        ("text.replace(one, 'b')", "no such overload: replace(string, int, string)"),
        ("quantity(one)", "no such overload: quantity(int)"),
        ("one.contains('a')", "no such overload"),
    ],
)
def test_a_call_without_a_form_is_told_of_as_cel_go_does(text: str, message: str) -> None:
    with pytest.raises(EvaluationError) as told:
        ENVIRONMENT.compile(text).evaluate(dict(VALUES))
    assert str(told.value) == message
