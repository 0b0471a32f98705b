"""How Go reads and writes the types that have a text form of their own: times, bytes, quantities.

Each reader answers the value as the server writes it back and raises `ConvertError` in the words of Go's
time and encoding/base64 packages.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

from miniapi.meta.quantity import canonical


class ConvertError(ValueError):
    """A value that cannot be read; the message is Go's, without the kind in front."""


RFC3339 = "2006-01-02T15:04:05Z07:00"
RFC3339_MICRO = "2006-01-02T15:04:05.000000Z07:00"
_ZERO_TIME = "0001-01-01T00:00:00Z"
_PLAIN_TIME = re.compile(r"[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", re.ASCII)
_FIELDS = (("2006", 4, 0, 9999, ""), ("01", 2, 1, 12, "month"), ("02", 2, 0, 99, "day"))
_CLOCK = (("15", 2, 0, 23, "hour"), ("04", 2, 0, 59, "minute"), ("05", 2, 0, 59, "second"))


def time(text: str) -> str | None:
    """metav1.Time: whole seconds in UTC; None for the zero time."""
    if _PLAIN_TIME.fullmatch(text):
        return text
    moment = parse_time(text, RFC3339)
    written = moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return None if written == _ZERO_TIME else written


def micro_time(text: str) -> str | None:
    """metav1.MicroTime: exactly six fraction digits, in UTC; None for the zero time."""
    moment = parse_time(text, RFC3339_MICRO)
    written = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return None if written.startswith("0001-01-01T00:00:00.000000") else written


def parse_time(text: str, layout: str) -> datetime:
    """time.Parse for the two layouts of the API."""
    reader = _TimeReader(text, layout)
    year, month, day = reader.numbers(_FIELDS, "-")
    reader.literal("T")
    hour, minute, second = reader.numbers(_CLOCK, ":")
    micros = reader.fraction()
    offset = reader.zone()
    if reader.rest:
        raise ConvertError(f"parsing time {_time_quote(text)}: extra text: {_time_quote(reader.rest)}")
    try:
        if not 1 <= day <= monthrange(max(year, 1), month)[1]:
            raise ConvertError(f"parsing time {_time_quote(text)}: day out of range")
        moment = datetime(year, month, day, hour, minute, second, micros, UTC) - offset
    except (ValueError, OverflowError) as problem:
        if isinstance(problem, ConvertError):
            raise
        raise ConvertError("Time.MarshalJSON: year outside of range [0,9999]") from None
    return moment


class _TimeReader:
    """Reads a time from left to right; the error names what is left and what was wanted."""

    __slots__ = ("layout", "rest", "text")

    def __init__(self, text: str, layout: str) -> None:
        self.text, self.layout, self.rest = text, layout, text

    def fail(self, element: str) -> ConvertError:
        return ConvertError(
            f"parsing time {_time_quote(self.text)} as {_time_quote(self.layout)}: "
            f"cannot parse {_time_quote(self.rest)} as {_time_quote(element)}"
        )

    def literal(self, char: str) -> None:
        if self.rest[:1] != char:
            raise self.fail(char)
        self.rest = self.rest[1:]

    def numbers(self, elements: tuple[tuple[str, int, int, int, str], ...], separator: str) -> list[int]:
        out: list[int] = []
        for element, width, low, high, name in elements:
            if out:
                self.literal(separator)
            digits = self.rest[:width]
            if len(digits) < width or not (digits.isascii() and digits.isdigit()):
                raise self.fail(element)
            number = int(digits)
            if not low <= number <= high:
                raise ConvertError(f"parsing time {_time_quote(self.text)}: {name} out of range")
            out.append(number)
            self.rest = self.rest[width:]
        return out

    def fraction(self) -> int:
        if self.layout == RFC3339_MICRO:
            digits = self.rest[1:7]
            if self.rest[:1] not in (".", ",") or len(digits) < 6 or not (digits.isascii() and digits.isdigit()):
                raise self.fail(".000000")
            self.rest = self.rest[7:]
            return int(digits)
        found = re.match(r"[.,](\d+)", self.rest, re.ASCII)
        if not found:
            return 0
        self.rest = self.rest[found.end() :]
        return int(found.group(1)[:6].ljust(6, "0"))

    def zone(self) -> timedelta:
        if self.rest[:1] == "Z":
            self.rest = self.rest[1:]
            return timedelta()
        found = re.match(r"([+-])(\d\d):(\d\d)", self.rest, re.ASCII)
        if not found:
            raise self.fail("Z07:00")
        hours, minutes = int(found.group(2)), int(found.group(3))
        if hours > 24 or minutes > 60:
            name = "time zone offset hour" if hours > 24 else "time zone offset minute"
            raise ConvertError(f"parsing time {_time_quote(self.text)}: {name} out of range")
        self.rest = self.rest[found.end() :]
        offset = timedelta(hours=hours, minutes=minutes)
        return -offset if found.group(1) == "-" else offset


_ESCAPES = str.maketrans(
    {"\\": "\\\\", '"': '\\"'} | {c: f"\\{n}" for c, n in zip("\a\b\f\n\r\t\v", "abfnrtv", strict=True)}
)


def quote(text: str) -> str:
    """A string in double quotes, as Go prints it (`%q`)."""
    escaped = text.translate(_ESCAPES)
    return '"' + "".join(c if c.isprintable() else _by_number(c) for c in escaped) + '"'


def _time_quote(text: str) -> str:
    """As the time package quotes in its errors: byte by byte."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').encode(errors="surrogatepass")
    return '"' + "".join(chr(b) if 0x20 <= b < 0x80 else f"\\x{b:02x}" for b in escaped) + '"'


def _by_number(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quantity(raw: str) -> str:
    """resource.Quantity in its canonical form."""
    try:
        return canonical(raw.strip())
    except ValueError as problem:
        raise ConvertError(str(problem)) from None


_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def base64(text: str) -> str:
    """Standard base64 as Go reads it (line ends are skipped), written without them."""
    if _BASE64.fullmatch(text):
        return text
    _check_base64(text)
    return text.replace("\r", "").replace("\n", "")


def _check_base64(text: str) -> None:
    """Finds the byte that Go complains of."""
    at, size, seen = 0, len(text), 0
    while at < size:
        char = text[at]
        at += 1
        if char in "\r\n":
            continue
        if char in _ALPHABET:
            seen = (seen + 1) % 4
            continue
        if char != "=" or seen < 2:
            raise _corrupt(text, at - 1)
        if seen == 2:
            while at < size and text[at] in "\r\n":
                at += 1
            if at == size:
                raise _corrupt(text, size)
            if text[at] != "=":
                raise _corrupt(text, at)
            at += 1
        while at < size and text[at] in "\r\n":
            at += 1
        if at < size:
            raise _corrupt(text, at)
        return
    if seen:
        raise _corrupt(text, size - seen)


def _corrupt(text: str, position: int) -> ConvertError:
    return ConvertError(f"illegal base64 data at input byte {len(text[:position].encode())}")
