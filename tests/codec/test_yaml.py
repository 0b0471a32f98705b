"""YAML, read and written as go-yaml does."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miniapi.codec.interface import DecodeError
from miniapi.codec.yaml import YamlCodec

CODEC = YamlCodec()
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_what_is_written_is_read_again(obj):
    assert CODEC.decode(CODEC.encode(obj), None).obj == obj


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1", '"1"'),
        ("true", '"true"'),
        ("2024-01-01T00:00:00Z", '"2024-01-01T00:00:00Z"'),
        ("a: b", "'a: b'"),
        ("a\nb", "|-\n  a\n  b"),
        ("plain", "plain"),
    ],
)
def test_quotes_are_those_of_go_yaml(value, text):
    assert CODEC.encode({"k": value}).decode() == f"k: {text}\n"


def test_keys_are_in_natural_order():
    written = CODEC.encode({"a10": 1, "a2": 1, "ab": 1, "a_b": 1, "B": 1}).decode()
    assert [line.split(":")[0] for line in written.splitlines()] == ["B", "a_b", "a2", "a10", "ab"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"a: b: c", "yaml: mapping values are not allowed in this context"),
        (b"x: 1\na: b: c", "yaml: line 2: mapping values are not allowed in this context"),
    ],
)
def test_complaints_name_the_line_as_go_yaml_counts(text, problem):
    with pytest.raises(DecodeError) as raised:
        CODEC.decode(text, None)
    assert str(raised.value) == f"error converting YAML to JSON: {problem}"


WORDS = st.text(st.characters(min_codepoint=9, max_codepoint=126), max_size=6)
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(-1e9, 1e9), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(WORDS, PLAIN, max_size=4), st.sampled_from([None, 2]))
def test_json_is_read_as_the_yaml_that_it_is(obj, indent):
    text = json.dumps(obj, indent=indent).encode()
    assert CODEC.decode(text, None).obj == CODEC.decode(b"\n" + text, None).obj
