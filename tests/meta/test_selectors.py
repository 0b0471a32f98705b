"""Label and field selectors: what they select, how they are written, what they refuse."""

import re

import pytest

from miniapi.meta.selectors import (
    FieldTerm,
    label_selector,
    parse_field_selector,
    parse_label_selector,
)

A, B, C = {"x": "1", "y": "p"}, {"x": "2"}, {"y": ""}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("x=1", [A]),
        ("x==1", [A]),
        ("x!=1", [B, C]),
        ("x", [A, B]),
        ("!x", [C]),
        ("x in (1,2)", [A, B]),
        ("x notin (1)", [B, C]),
        ("x>1", [B]),
        ("x<2", [A]),
        ("y=", [C]),
        ("y in (p,)", [A, C]),
        ("y in ()", [C]),
        ("x,y!=p", [B]),
        ("x=1,y=p", [A]),
        ("", [A, B, C]),
        ("in in (in)", []),
    ],
)
def test_a_label_selector_selects_what_the_original_selects(text: str, selected: list[dict[str, str]]) -> None:
    selector = parse_label_selector(text)
    assert [labels for labels in (A, B, C) if selector(labels)] == selected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x in 1", "unable to parse requirement: found '1' expected: '('"),
        ("x===1", "unable to parse requirement: found '=', expected: identifier"),
        ("=1", "found '=', expected: !, identifier, or 'end of string'"),
        ("x=a b", "found 'b', expected: ',' or 'end of string'"),
        (
            "x>abc",
            'unable to parse requirement: values[0]: Invalid value: "abc": '
            "for 'Gt', 'Lt' operators, the value must be an integer",
        ),
        ("x,,y", "found ',', expected: identifier after ','"),
        ("x,", "found '', expected: identifier after ','"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("!x=1", "found '=', expected: ',' or 'end of string'"),
        ("x y", "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"),
        ("x in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("x in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
    ],
)
def test_a_malformed_label_selector_is_told_in_the_words_of_the_original(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        parse_label_selector(text)


def test_a_bad_key_has_no_path_and_a_bad_value_has_one() -> None:
    with pytest.raises(ValueError, match=r'^unable to parse requirement: <nil>: Invalid value: "bad_/_/key": a valid'):
        parse_label_selector("bad_/_/key=1")
    with pytest.raises(ValueError, match=r'^unable to parse requirement: values\[0\]\[x\]: Invalid value: "-bad-": '):
        parse_label_selector("x=-bad-")


def test_the_canonical_form_sorts_keys_and_values() -> None:
    assert str(parse_label_selector(" z , !y,x  in (b, a),w>5 , v==u")) == "v==u,w>5,x in (a,b),!y,z"


def test_a_selector_object_selects_nothing_when_missing_and_everything_when_empty() -> None:
    assert not label_selector(None)({})
    assert label_selector({})({})
    selector = label_selector({"matchLabels": {"x": "1"}, "matchExpressions": [{"key": "y", "operator": "Exists"}]})
    assert selector(A)
    assert not selector(B)
    assert str(selector) == "x=1,y"
    with pytest.raises(ValueError, match="not a valid label selector operator"):
        label_selector({"matchExpressions": [{"key": "y", "operator": "Near"}]})


def test_field_selectors_are_sorted_terms_with_escapes() -> None:
    assert parse_field_selector(r"b!=2,,a=x\,y\=z\\,c==3") == (
        FieldTerm("a", True, "x,y=z\\"),
        FieldTerm("b", False, "2"),
        FieldTerm("c", True, "3"),
    )
    assert str(parse_field_selector(r"a=x\,y")[0]) == r"a=x\,y"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "invalid selector: 'nonsense'; can't understand 'nonsense'"),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        (r"a=b\c", r"invalid field selector: invalid escape sequence: \c"),
        ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_a_malformed_field_selector_is_told_in_the_words_of_the_original(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        parse_field_selector(text)
