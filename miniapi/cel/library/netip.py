"""What Go's net/netip says of texts that are no address (netip.ParseAddr)."""

from __future__ import annotations

import re

_HEX = re.compile(r"[0-9a-fA-F]*")
_FIELDS = 8


class NoAddress(ValueError):
    """The message is ParseAddr's, less the text that was parsed."""


def _refuse(message: str, at: str = "") -> NoAddress:
    return NoAddress(f'{message} (at "{at}")' if at else message)


def complaint(text: str) -> str:
    """`ParseAddr("x"): ...`; empty for an address."""
    try:
        _check(text)
    except NoAddress as problem:
        return f'ParseAddr("{text}"): {problem}'
    return ""


def _check(text: str) -> None:
    for char in text:
        if char == ".":
            return _check_v4(text)
        if char == ":":
            return _check_v6(text)
        if char == "%":
            raise _refuse("missing IPv6 address")
    raise _refuse("unable to parse IP")


def _check_v4(text: str) -> None:
    position, digits = 0, ""
    for at, char in enumerate(text):
        if "0" <= char <= "9":
            if digits == "0":
                raise _refuse("IPv4 field has octet with leading zero")
            digits += char
            if int(digits) > 255:
                raise _refuse("IPv4 field has value >255")
        elif char != ".":
            raise _refuse("unexpected character", text[at:])
        elif at in (0, len(text) - 1) or text[at - 1] == ".":
            raise _refuse("IPv4 field must have at least one digit", text[at:])
        elif position == 3:
            raise _refuse("IPv4 address too long")
        else:
            position, digits = position + 1, ""
    if position < 3:
        raise _refuse("IPv4 address too short")


def _check_v6(text: str) -> None:
    rest, percent, zone = text.partition("%")
    if percent and not zone:
        raise _refuse("zone must be a non-empty string")
    fields, gap = 0, rest.startswith("::")
    if gap and not (rest := rest[2:]):
        return
    while fields < _FIELDS:
        size = len(_HEX.match(rest)[0])  # type: ignore[index]  # it matches anything
        if size > 4:
            raise _refuse("each group must have 4 or less digits", rest)
        if not size:
            raise _refuse("each colon-separated field must have at least one digit", rest)
        if rest[size : size + 1] == ".":
            _check_embedded(rest, fields, gap)
            fields, rest = fields + 2, ""
            break
        fields, rest = fields + 1, rest[size:]
        if not rest:
            break
        rest = _after_colon(rest)
        if rest.startswith(":"):
            if gap:
                raise _refuse("multiple :: in address", rest)
            gap, rest = True, rest[1:]
            if not rest:
                break
    _check_end(rest, fields, gap)


def _check_embedded(rest: str, fields: int, gap: bool) -> None:
    if not gap and fields != 6:
        raise _refuse("embedded IPv4 address must replace the final 2 fields of the address", rest)
    if fields > 6:
        raise _refuse("too many hex fields to fit an embedded IPv4 at the end of the address", rest)
    _check_v4(rest)


def _after_colon(rest: str) -> str:
    if rest[0] != ":":
        raise _refuse("unexpected character, want colon", rest)
    if len(rest) == 1:
        raise _refuse("colon must be followed by more characters", rest)
    return rest[1:]


def _check_end(rest: str, fields: int, gap: bool) -> None:
    if rest:
        raise _refuse("trailing garbage after address", rest)
    if fields < _FIELDS and not gap:
        raise _refuse("address string too short")
    if fields >= _FIELDS and gap:
        raise _refuse("the :: must expand to at least one field of zeros")
