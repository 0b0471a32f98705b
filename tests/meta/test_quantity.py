"""Quantities are parsed, compared and written as the original writes them."""

from __future__ import annotations

import pytest

from miniapi.meta import quantity
from miniapi.meta.quantity import canonical, compare, parse


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0", "0"), ("00", "0"), ("0Mi", "0"), ("1", "1"), ("1000", "1k"), ("1024", "1024"), ("0.5", "500m"),
        (".5", "500m"), ("1.5", "1500m"), ("1.500", "1.500"), ("1024Mi", "1Gi"), ("1025Mi", "1025Mi"),
        ("0.5Gi", "512Mi"), ("1.1Gi", "1181116006400m"), ("1e3", "1e3"), ("1E3", "1E3"), ("1e4", "10e3"),
        ("1000m", "1"), ("1100m", "1100m"), ("100k", "100k"), ("1000k", "1M"), ("0.0000000001", "1n"),
        ("500Mi", "500Mi"), ("8Gi", "8Gi"), ("1Pi", "1Pi"), ("10Ei", "9223372036854775807"), ("-5", "-5"),
        ("-0.5", "-500m"), ("+1Mi", "+1Mi"), ("1.5Mi", "1536Ki"), (" 2 ", "2"), (".", "0"), ("1M", "1M"),
        ("0.001Ki", "1024m"), ("512Ki", "512Ki"), ("5000", "5k"), ("12345678901234567890", "12345678901234567890"),
    ],
)  # fmt: skip
def test_a_quantity_is_canonicalised_as_the_original_does(text: str, shown: str) -> None:
    assert canonical(text) == shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must match the regular expression"), ("abc", "must match the regular expression"),
        ("1 Mi", "must match the regular expression"), ("1mm", "parse quantity's suffix"),
        ("1e", "parse quantity's suffix"), ("5M3", "parse quantity's suffix"), ("1Zi", "must match"),
    ],
)  # fmt: skip
def test_a_bad_quantity_says_why(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        canonical(text)


def test_amounts_are_compared_across_suffixes() -> None:
    assert compare(parse("1Gi"), parse("1024Mi")) == 0
    assert compare(parse("999m"), parse("1")) == -1
    assert compare(parse("1e1000"), parse("1e999")) == 1
    assert compare(parse("-1"), parse("0")) == -1
    assert quantity.equal_text("0.5", "500m")
    assert not quantity.equal_text(None, "0")


def test_sums_keep_the_first_format() -> None:
    assert str(quantity.add(parse("1Gi"), parse("1Gi"))) == "2Gi"
    assert str(quantity.add(parse("0"), parse("1Gi"))) == "1Gi"
    assert str(quantity.subtract(parse("1"), parse("100m"))) == "900m"


def test_values_round_away_from_zero() -> None:
    assert quantity.scaled_value(parse("1m")) == 1
    assert quantity.scaled_value(parse("1500m"), -3) == 1500
    assert quantity.scaled_value(parse("-100m")) == -1
    assert quantity.scaled_value(parse("2Ki")) == 2048
