import pytest

from miniapi.meta.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("1m30s", 90), ("-1.5h", -5400), ("+5s", 5), (".5s", 0.5), ("1.s", 1), ("100ms", 0.1), ("1h1m1s", 3661)],
)
def test_reads_what_go_reads(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", 'time: invalid duration ""'),
        ("abc", 'time: invalid duration "abc"'),
        ("5", 'time: missing unit in duration "5"'),
        ("1s5", 'time: missing unit in duration "1s5"'),
        ("5x", 'time: unknown unit "x" in duration "5x"'),
        ("5sm1s", 'time: unknown unit "sm" in duration "5sm1s"'),
        ("-", 'time: invalid duration "-"'),
        ("1e9s", 'time: unknown unit "e" in duration "1e9s"'),
        ("9999999999h", 'time: invalid duration "9999999999h"'),
    ],
)
def test_tells_in_go_s_words(text, told):
    with pytest.raises(ValueError, match=".") as problem:
        parse_duration(text)
    assert str(problem.value) == told
