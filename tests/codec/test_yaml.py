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
    assert str(raised.value) == problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("y", True),
        ("N", False),
        ("Off", False),
        ("yEs", "yEs"),
        ("~", None),
        ("", None),
        ("0644", 420),
        ("0o644", 420),
        ("-0x1F", -31),
        ("0b11", 3),
        ("1_000", 1000),
        ("18446744073709551615", 2**64 - 1),
        ("08", 8),
        ("1e3", 1000),
        (".5", 0.5),
        ("+1.50", 1.5),
        ("1e400", "1e400"),
        ("12:30:45", "12:30:45"),
        ("2001-01-01", "2001-01-01"),
        ("!foo 5", "5"),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("'5'", "5"),
        ("!!binary aGk=", "hi"),
        ("<<", "<<"),
        ("=", "="),
    ],
)
def test_plain_scalars_are_what_go_yaml_takes_them_for(text, value):
    read = CODEC.decode(f"k: {text}\n".encode(), None).obj["k"]
    assert (type(read), read) == (type(value), value)


def test_keys_are_told_as_text():
    assert CODEC.decode(b"1: a\ny: b\n0x10: c\n", None).obj == {"1": "a", "true": "b", "16": "c"}


def test_numbers_that_json_has_not_are_refused():
    with pytest.raises(DecodeError, match=r"^json: unsupported value: \+Inf$"):
        CODEC.decode(b"k: .inf", None)


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
