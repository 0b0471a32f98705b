"""Resource quantities (k8s.io/apimachinery/pkg/api/resource): exact amounts with SI, binary or exponent suffixes.

A quantity is written back as it came where that is its canonical form, and canonicalised otherwise
(`0.5` becomes `500m`, `1024Mi` becomes `1Gi`). Amounts below one nano are rounded away from zero.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple

Format = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX: Final = ("", *_BINARY)
_BINARY_FAST_DIGITS: Final = {"Ki": 11, "Mi": 8, "Gi": 5, "Ti": 2}
"""Most digits that the original keeps in an int64 with this suffix: above, it canonicalises always."""
_MAX_BINARY: Final = (1 << 63) - 1
_NANO: Final = -9
_FAR: Final = 64
"""Digits between two scales beyond which rounding and coming compare need no digits."""

_SHORT: Final = 24
"""Longest text that is remembered: the same few amounts come again and again."""

_FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_NUMERIC_WRONG = "unable to parse numeric part of quantity"
_SUFFIX_WRONG = "unable to parse quantity's suffix"

_simple = re.compile(r"([1-9][0-9]{0,10})([mkMGT]|[KMGT]i)?").fullmatch
_parts = re.compile(r"([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)").fullmatch


class Quantity(NamedTuple):
    """`unscaled * 10**scale`, the family of suffixes it is written in, and its text where that is canonical."""

    unscaled: int
    scale: int
    format: Format = "DecimalSI"
    text: str = ""

    def __str__(self) -> str:
        return self.text or _write(self)


ZERO: Final = Quantity(0, 0)


def canonical(text: str) -> str:
    """The text in which the server answers `text`. ValueError with the original's words."""
    return _usual_canonical(text) if len(text) <= _SHORT else _canonical(text)


def parse(text: str) -> Quantity:
    """ParseQuantity. ValueError with the original's words."""
    return _usual(text) if len(text) <= _SHORT else _parse(text)


@lru_cache(4096)
def _usual_canonical(text: str) -> str:
    return _canonical(text)


@lru_cache(4096)
def _usual(text: str) -> Quantity:
    return _parse(text)


def _canonical(text: str) -> str:
    simple = _simple(text)
    if simple:
        digits, suffix = simple.groups()
        if suffix in _BINARY_FAST_DIGITS:
            if len(digits) <= _BINARY_FAST_DIGITS[suffix] and int(digits) & 7:
                return text
        elif digits[-3:] != "000":
            return text
    return str(parse(text))


def _parse(text: str) -> Quantity:
    text = text.strip()
    if not text:
        raise ValueError(_FORMAT_WRONG)
    parts = _parts(text)
    if not parts:
        raise ValueError(_FORMAT_WRONG)
    sign, whole, fraction, suffix = parts[1], parts[2] or "0", parts[3] or "", parts[4]
    base, exponent, form = _interpret(suffix)
    negative = sign == "-"
    digits = whole + fraction
    amount = int(digits)
    fast = _fast(text, digits, whole, fraction, suffix, exponent, form)
    if fast is not None:
        scale, as_written = fast
        value = amount << exponent if base == 2 else amount
        return Quantity(-value if negative else value, scale, form, as_written)
    if not parts[2] and not fraction and "0" not in text:
        raise ValueError(_NUMERIC_WRONG)
    scale = -len(fraction) + (exponent if base == 10 else 0)
    if base == 2:
        amount <<= exponent
    amount, scale = _round_up(amount, scale, _NANO)
    if form == "BinarySI":
        if _compare(amount, scale, _MAX_BINARY, 0) > 0:
            amount, scale = _MAX_BINARY, 0
        if amount and _compare(amount, scale, 1, 0) < 0:
            form = "DecimalSI"
    return Quantity(-amount if negative else amount, scale, form)


def _fast(
    text: str, digits: str, whole: str, fraction: str, suffix: str, exponent: int, form: Format
) -> tuple[int, str] | None:
    """(scale, text as written where it stays) for amounts that the original keeps in an int64."""
    if form == "BinarySI":
        if fraction or len(whole) > _BINARY_FAST_DIGITS.get(suffix, 0):
            return None
        return 0, text if int(whole) & 7 else ""
    scale = exponent - len(fraction)
    if len(digits) > 18 or scale < _NANO:
        return None
    stays = scale % 3 == 0 and not digits.endswith("000") and digits[0] != "0"
    return scale, text if stays else ""


def _interpret(suffix: str) -> tuple[int, int, Format]:
    if suffix in _DECIMAL:
        return 10, _DECIMAL[suffix], "DecimalSI"
    if suffix in _BINARY:
        return 2, _BINARY[suffix], "BinarySI"
    if len(suffix) > 1 and suffix[0] in "eE":
        try:
            exponent = int(suffix[1:])
        except ValueError:
            raise ValueError(_SUFFIX_WRONG) from None
        if -(1 << 63) <= exponent < 1 << 63:
            return 10, (exponent + (1 << 31)) % (1 << 32) - (1 << 31), "DecimalExponent"
    raise ValueError(_SUFFIX_WRONG)


def _round_up(amount: int, scale: int, to_scale: int) -> tuple[int, int]:
    """Drops digits below `to_scale`, away from zero; `amount` is not negative."""
    if scale >= to_scale or not amount:
        return amount, max(scale, to_scale) if not amount else scale
    drop = to_scale - scale
    if drop > _FAR + amount.bit_length():
        return 1, to_scale
    return -(-amount // 10**drop), to_scale


def _write(quantity: Quantity) -> str:
    """CanonicalizeBytes."""
    amount, scale = abs(quantity.unscaled), quantity.scale
    if not amount:
        return "0"
    sign = "-" if quantity.unscaled < 0 else ""
    if quantity.format == "BinarySI" and _compare(amount, scale, 1024, 0) >= 0:
        whole, rest = divmod(amount, 10**-scale) if scale < 0 else (amount * 10**scale, 0)
        if not rest:
            power = 0
            while whole % 1024 == 0:
                whole //= 1024
                power += 1
            return f"{sign}{whole}{_BINARY_SUFFIX[power] if power < len(_BINARY_SUFFIX) else ''}"
    while amount % 10 == 0:
        amount //= 10
        scale += 1
    amount *= 10 ** (scale % 3)
    scale -= scale % 3
    if quantity.format == "DecimalExponent":
        return f"{sign}{amount}e{scale}" if scale else f"{sign}{amount}"
    return f"{sign}{amount}{_DECIMAL_SUFFIX.get(scale, '')}"


def _compare(a: int, a_scale: int, b: int, b_scale: int) -> int:
    """-1, 0 or 1 for two amounts; scales far apart are not written out."""
    if a_scale != b_scale and a and b and (a > 0) == (b > 0):
        a_high, b_high = len(str(abs(a))) + a_scale, len(str(abs(b))) + b_scale
        if a_high != b_high:
            bigger = 1 if a > 0 else -1
            return bigger if a_high > b_high else -bigger
        low = min(a_scale, b_scale)
        a, b = a * 10 ** (a_scale - low), b * 10 ** (b_scale - low)
    return (a > b) - (a < b)


def compare(a: Quantity, b: Quantity) -> int:
    """-1, 0 or 1 (Quantity.Cmp)."""
    return _compare(a.unscaled, a.scale, b.unscaled, b.scale)


def add(a: Quantity, b: Quantity) -> Quantity:
    """The sum, in `a`'s format; in `b`'s where `a` is zero."""
    low = min(a.scale, b.scale)
    total = a.unscaled * 10 ** (a.scale - low) + b.unscaled * 10 ** (b.scale - low)
    return Quantity(total, low, a.format if a.unscaled else b.format)


def subtract(a: Quantity, b: Quantity) -> Quantity:
    """The difference, in `a`'s format; in `b`'s where `a` is zero."""
    return add(a, Quantity(-b.unscaled, b.scale, b.format))


def sign(quantity: Quantity) -> int:
    """-1, 0 or 1."""
    return (quantity.unscaled > 0) - (quantity.unscaled < 0)


def scaled_value(quantity: Quantity, scale: int = 0) -> int:
    """The amount in units of 10**scale, rounded away from zero (ScaledValue): 0 is Value, -3 MilliValue."""
    amount, at = _round_up(abs(quantity.unscaled), quantity.scale, scale)
    amount *= 10 ** (at - scale) if amount else 1
    return -amount if quantity.unscaled < 0 else amount


def equal_text(a: str | None, b: str | None) -> bool:
    """Whether two quantities as text are the same amount; an unset one equals only an unset one."""
    if a == b:
        return True
    return a is not None and b is not None and compare(parse(a), parse(b)) == 0
