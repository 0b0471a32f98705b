"""What is said of texts that are no expressions, where, and of those that can never have a value."""

import pytest

from miniapi.cel.environment import NOT_INSTANTIATED, CompileError, Environment
from miniapi.cel.library.quantity import QUANTITY_TYPE
from miniapi.cel.types import DYN

ENVIRONMENT = Environment({"object": DYN, "amount": QUANTITY_TYPE})


def complaint(text: str) -> CompileError:
    with pytest.raises(CompileError) as told:
        ENVIRONMENT.compile(text)
    return told.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1", "1:3: Syntax error: mismatched input '<EOF>' expecting {']', ','}"),
        ("[1,", "1:4: Syntax error: missing ']' at '<EOF>'"),
        ("[1,,2]", "1:4: Syntax error: mismatched input ',' expecting ']'"),
        ("[,1]", "1:3: Syntax error: extraneous input '1' expecting ']'"),
        ("{1:2", "1:5: Syntax error: mismatched input '<EOF>' expecting {'}', ','}"),
        ("{1", "1:3: Syntax error: mismatched input '<EOF>' expecting ':'"),
        ("object ? 1", "1:11: Syntax error: mismatched input '<EOF>' expecting ':'"),
        ("size(", "1:6: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.'"),
        ("size(1,)", "1:8: Syntax error: mismatched input ')' expecting {'[', '{', '(', '.'"),
        ("size(,)", "1:6: Syntax error: extraneous input ',' expecting {'[', '{', '(', ')'"),
        ("..", "1:2: Syntax error: no viable alternative at input '..'"),
        ("1. == 1", "1:4: Syntax error: no viable alternative at input '. =='"),
        ("object.true", "1:8: Syntax error: mismatched input 'true' expecting IDENTIFIER"),
        ("Object{", "1:8: Syntax error: mismatched input '<EOF>' expecting {'}', ',', '?', IDENTIFIER"),
        ("1e999", "1:1: invalid double literal"),
        ("amount.nope", "1:7: unexpected failed resolution of 'kubernetes.Quantity'"),
        ("nope.max(1, 2)", "1:9: found no matching overload for 'max' applied to '!error!.(int, int)'"),
    ],
)
def test_what_is_wrong_is_told_as_the_original_tells_it(text: str, message: str) -> None:
    assert message in str(complaint(text))


def test_wide_characters_are_marked_widely() -> None:
    assert str(complaint("'日' + foo")).endswith("\n | '日' + foo\n | .．....^")


@pytest.mark.parametrize("text", ["(" * 400 + "1" + ")" * 400, "[" * 400 + "]" * 400])
def test_too_deep_a_text_is_refused(text: str) -> None:
    assert str(complaint(text)) == "ERROR: <input>:-1:0: expression recursion limit exceeded: 250"


def test_long_chains_are_refused_unless_they_can_be_balanced() -> None:
    assert str(complaint("1" + " + 1" * 300)) == "ERROR: <input>:-1:0: max recursion depth exceeded"
    assert ENVIRONMENT.compile("true" + " && true" * 300).evaluate({}) is True


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("int('a')", "type conversion error from 'string' to 'int'"),
        ("'a'.find('[') == ''", "error parsing regexp: missing closing ]: `[`"),
    ],
)
def test_what_can_never_be_computed_fails_before_it_runs(text: str, why: str) -> None:
    told = complaint(text)
    assert (told.stage, str(told)) == (NOT_INSTANTIATED, why)


def test_names_of_types_can_be_compared_whatever_they_hold() -> None:
    assert ENVIRONMENT.compile("list == map").evaluate({}) is False
