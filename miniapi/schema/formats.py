"""The string formats that schemas may name (k8s.io/kube-openapi/pkg/validation/strfmt, govalidator)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from email.utils import parseaddr
from types import MappingProxyType
from urllib.parse import urlsplit

_OF_NUMBERS = {"integer": ("int32", "int64"), "number": ("float", "double")}

_HEX = "[0-9a-f]"
_HOSTNAME = re.compile(
    r"([^\W_]((-?[^\W_]{0,62})?)|([^\W_](([^\W_]|-){0,61}[^\W_])?\.)+[^\W_](-?[^\W_]){1,62})", re.UNICODE
)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})?", re.ASCII)
_DURATION = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*"
    r"(?:ns|nanos?|nanoseconds?|us|µs|μs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?"
    r"|m|mins?|minutes?|h|hr|hours?|d|days?|w|wk|weeks?)",
    re.ASCII | re.IGNORECASE,
)


def normalized(name: str) -> str:
    """`date-time` is `datetime`."""
    return name.replace("-", "")


def _pattern(text: str) -> Callable[[str], bool]:
    compiled = re.compile(text, re.ASCII)
    return lambda value: compiled.fullmatch(value) is not None


def _uuid(version: str, variant: str = _HEX) -> Callable[[str], bool]:
    return _pattern(f"(?i){_HEX}{{8}}-?{_HEX}{{4}}-?{version}{_HEX}{{3}}-?{variant}{_HEX}{{3}}-?{_HEX}{{12}}")


def _uri(value: str) -> bool:
    # url.ParseRequestURI: absolute, or a path from the root; no fragment is looked for.
    if not value or any(ord(char) < 0x21 or ord(char) == 0x7F for char in value):
        return False
    if value.startswith("/"):
        return True
    try:
        parts = urlsplit(value)
        return bool(parts.scheme) and (parts.port is None or parts.port >= 0)
    except ValueError:
        return False


def _email(value: str) -> bool:
    local, at, domain = parseaddr(value)[1].rpartition("@")
    spaced = "<" not in value and any(c.isspace() for c in value.strip())
    return bool(local and at and domain) and not spaced


def _hostname(value: str) -> bool:
    return (
        _HOSTNAME.fullmatch(value) is not None
        and len(value.encode()) <= 255
        and all(len(label.encode()) <= 63 for label in value.split("."))
    )


def _ipv4(value: str) -> bool:
    """Zeros may lead (ParseIPSloppy)."""
    parts = value.split(".")
    return len(parts) == 4 and all(p.isascii() and p.isdigit() and int(p) <= 255 for p in parts)


def _ipv6(value: str) -> bool:
    try:
        return "%" not in value and ipaddress.IPv6Address(value) is not None
    except ValueError:
        return False


def _cidr(value: str) -> bool:
    address, slash, bits = value.partition("/")
    if not slash or not bits.isascii() or not bits.isdigit() or (len(bits) > 1 and bits[0] == "0"):
        return False
    return (_ipv4(address) and int(bits) <= 32) or (_ipv6(address) and int(bits) <= 128)


def _mac(value: str) -> bool:
    groups = r"(?:{0}{{2}}([:-]){0}{{2}}(?:\1{0}{{2}}){{{1}}})"
    hexadecimal = "[0-9a-fA-F]"
    plain = any(re.fullmatch(groups.format(hexadecimal, n), value) for n in (4, 6, 18))
    return (
        plain
        or re.fullmatch(
            r"[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2}(?:(?:\.[0-9a-fA-F]{4})(?:\.[0-9a-fA-F]{4}){6})?"
            r"|[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){3}",
            value,
        )
        is not None
    )


def _isbn10(value: str) -> bool:
    digits = re.sub(r"[\s-]", "", value)
    if not re.fullmatch(r"\d{9}[\dX]", digits, re.ASCII):
        return False
    return sum((10 if d == "X" else int(d)) * (10 - i) for i, d in enumerate(digits)) % 11 == 0


def _isbn13(value: str) -> bool:
    digits = re.sub(r"[\s-]", "", value)
    if not re.fullmatch(r"\d{13}", digits, re.ASCII):
        return False
    return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0


_CARD = re.compile(
    r"(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}"
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})",
    re.ASCII,
)


def _credit_card(value: str) -> bool:
    digits = re.sub(r"[^0-9]+", "", value)
    if not _CARD.fullmatch(digits):
        return False
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _rgb(value: str) -> bool:
    found = re.fullmatch(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", value, re.ASCII)
    return found is not None and all(int(part) <= 255 for part in found.groups())


def _date(value: str) -> bool:
    try:
        return len(value) == 10 and date.fromisoformat(value) is not None
    except ValueError:
        return False


def _date_time(value: str) -> bool:
    if not _DATE_TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value[:19].upper().replace(" ", "T"))
    except ValueError:
        return False
    return True


def _duration(value: str) -> bool:
    rest = value.strip()
    if rest in ("0", "+0", "-0"):
        return True
    found = _DURATION.match(rest)
    while found and found.end() < len(rest):
        rest = rest[found.end() :].lstrip()
        found = _DURATION.match(rest)
    return found is not None


def _anything(_value: str) -> bool:
    return True


_SHORT_NAME = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"

FORMATS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "bsonobjectid": _pattern("[0-9a-fA-F]{24}"),
        "uri": _uri,
        "email": _email,
        "hostname": _hostname,
        "ipv4": _ipv4,
        "ipv6": _ipv6,
        "cidr": _cidr,
        "mac": _mac,
        "uuid": _uuid(_HEX),
        "uuid3": _uuid("3"),
        "uuid4": _uuid("4", "[89ab]"),
        "uuid5": _uuid("5", "[89ab]"),
        "isbn": lambda value: _isbn10(value) or _isbn13(value),
        "isbn10": _isbn10,
        "isbn13": _isbn13,
        "creditcard": _credit_card,
        "ssn": _pattern(r"\d{3}[- ]?\d{2}[- ]?\d{4}"),
        "hexcolor": _pattern("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
        "rgbcolor": _rgb,
        "byte": lambda value: _BASE64.fullmatch(value) is not None,
        "password": _anything,
        "date": _date,
        "duration": _duration,
        "datetime": _date_time,
        "k8sshortname": _pattern(_SHORT_NAME),
        "k8slongname": lambda value: (
            len(value) <= 253
            and re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", value) is not None
        ),
    }
)
"""Normalized name -> whether a string has the format."""


def recognized(of_type: str, name: str) -> bool:
    """Whether the server minds this format of values of the type; `""` is any type."""
    if of_type in ("", "string"):
        plain = normalized(name)
        return plain in FORMATS or plain == "quantity"
    return name in _OF_NUMBERS.get(of_type, ())
