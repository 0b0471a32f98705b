"""What is wrong with a text that is not JSON, in the words of encoding/json."""

import pytest

from miniapi.meta.go_json import json_complaint

UNEXPECTED_END = "unexpected end of JSON input"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        '{"a"',
        '{"a":',
        '{"a":1',
        '{"a":"x',
        "[1",
    ],
)
def test_a_text_that_ends_too_soon(text):
    assert json_complaint(text.encode()) == UNEXPECTED_END


@pytest.mark.parametrize(
    ("text", "char", "about"),
    [
        ('{"a":"\\', " ", "in string escape code"),
        ('{"a":"\\u12', " ", "in \\u hexadecimal character escape"),
        ('{"a":fals', " ", "in literal false (expecting 'e')"),
        ("nul", " ", "in literal null (expecting 'l')"),
        ("-", " ", "in numeric literal"),
        ("1.", " ", "after decimal point in numeric literal"),
        ('{"a":trux}', "x", "in literal true (expecting 'e')"),
        ('{"a":nope}', "o", "in literal null (expecting 'u')"),
        ('{"a":01}', "1", "after object key:value pair"),
        ('{"a":1.}', "}", "after decimal point in numeric literal"),
        ('{"a":1.e5}', "e", "after decimal point in numeric literal"),
        ('{"a":-}', "}", "in numeric literal"),
        ('{"a":1e}', "}", "in exponent of numeric literal"),
        ('{"a":1e+}', "}", "in exponent of numeric literal"),
        ("--- a", "-", "in numeric literal"),
        ('{"a":"\\x"}', "x", "in string escape code"),
        ('{"a":"\\u12g4"}', "g", "in \\u hexadecimal character escape"),
        ('{"a":"\x01"}', "\\x01", "in string literal"),
        ("[1 2]", "2", "after array element"),
        ('{"a":[1}', "}", "after array element"),
        ('{"a" 1}', "1", "after object key"),
        ('{"a":1 "b":2}', '"', "after object key:value pair"),
        ("{,}", ",", "looking for beginning of object key string"),
        ('{"a":1,}', "}", "looking for beginning of object key string"),
        ("{a:1}", "a", "looking for beginning of object key string"),
        ("[,]", ",", "looking for beginning of value"),
        ("[1,]", "]", "looking for beginning of value"),
        ('{"a":[}', "}", "looking for beginning of value"),
        ('{"a":+1}', "+", "looking for beginning of value"),
        ('{"a":NaN}', "N", "looking for beginning of value"),
        ("{'a':1}", "\\'", "looking for beginning of object key string"),
        ("\u00e9", "\u00c3", "looking for beginning of value"),
        ('{"a":1}}', "}", "after top-level value"),
        ("1 x", "x", "after top-level value"),
    ],
)
def test_a_character_that_cannot_stand_where_it_stands(text, char, about):
    assert json_complaint(text.encode()) == f"invalid character '{char}' {about}"


def test_a_text_as_deep_as_anybody_sends_it():
    assert json_complaint(b"[" * 100_000) == UNEXPECTED_END
