"""What encoding/json says of a text that is not JSON."""

from __future__ import annotations

import re

_ESCAPES = {
    "'": "\\'",
    '"': '"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


_SPACE = re.compile(r"[ \t\r\n]*")
_IN_STRING = re.compile(r"(?:[^\x00-\x1f\"\\]|\\[bfnrt\\/\"]|\\u[0-9a-fA-F]{4})*", re.ASCII)
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:(?<=[0-9])[eE][+-]?[0-9]*)?)?", re.ASCII)
_HEX = re.compile("[0-9a-fA-F]*")
_LITERALS = {"t": "true", "f": "false", "n": "null"}


class _Bad(Exception):
    """(position, what Go was about there); at the end of the text the latter is not told."""


def json_complaint(data: bytes) -> str:
    """What encoding/json says of a text that is not JSON; it reads bytes, and shows each as a character."""
    text = data.decode("latin-1")
    try:
        _scan(text)
    except _Bad as problem:
        position, about = problem.args
        if position >= len(text):
            return _at_end(about)
        return f"invalid character {_quoted(text[position])} {about}"
    return "invalid UTF-8 in JSON input"


def _at_end(about: str) -> str:
    """The scanner reads a blank more, which only begun words, numbers and escapes take exception to."""
    if about.startswith(("looking for", "after object", "after array", "in string literal")):
        return "unexpected end of JSON input"
    return f"invalid character ' ' {about}"


def _scan(text: str) -> None:
    """encoding/json's scanner. Raises _Bad."""
    open_: list[str] = []
    state, at = "value", 0
    while True:
        at = _end(_SPACE, text, at)
        char = text[at : at + 1]
        if not char and state == "end":
            return
        if char in ("]", "}") and state in ("first " + char, "after") and open_[-1] == char:
            open_.pop()
            at, state = at + 1, "after"
        elif state in ("value", "first ]"):
            at, state = _value(text, at, open_)
        elif state in ("key", "first }"):
            if char != '"':
                raise _Bad(at, "looking for beginning of object key string")
            at, state = _string(text, at + 1), "colon"
        elif state == "colon":
            if char != ":":
                raise _Bad(at, "after object key")
            at, state = at + 1, "value"
        elif state == "end":
            raise _Bad(at, "after top-level value")
        elif char == ",":
            at, state = at + 1, "key" if open_[-1] == "}" else "value"
        else:
            raise _Bad(at, "after object key:value pair" if open_[-1] == "}" else "after array element")
        if state == "after" and not open_:
            state = "end"


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where what can be nothing ends."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, open_: list[str]) -> tuple[int, str]:
    """-> (where to go on, what to expect there)."""
    char = text[at : at + 1]
    if char and char in "{[":
        open_.append("}" if char == "{" else "]")
        return at + 1, "first " + open_[-1]
    if char == '"':
        return _string(text, at + 1), "after"
    if char in _LITERALS:
        return _literal(text, at, _LITERALS[char]), "after"
    if char and char in "-0123456789":
        return _number(text, at), "after"
    raise _Bad(at, "looking for beginning of value")


def _string(text: str, at: int) -> int:
    end = _end(_IN_STRING, text, at)
    if text[end : end + 1] == '"':
        return end + 1
    if text[end : end + 1] != "\\":
        raise _Bad(end, "in string literal")
    if text[end + 1 : end + 2] != "u":
        raise _Bad(end + 1, "in string escape code")
    raise _Bad(_end(_HEX, text, end + 2), "in \\u hexadecimal character escape")


def _literal(text: str, at: int, word: str) -> int:
    for offset, char in enumerate(word):
        if text[at + offset : at + offset + 1] != char:
            raise _Bad(at + offset, f"in literal {word} (expecting '{char}')")
    return at + len(word)


def _number(text: str, at: int) -> int:
    end = _end(_NUMBER, text, at)
    last = text[end - 1]
    if last == "-" and end - 1 == at:
        raise _Bad(end, "in numeric literal")
    if last == ".":
        raise _Bad(end, "after decimal point in numeric literal")
    if last in "eE+-":
        raise _Bad(end, "in exponent of numeric literal")
    return end


def _quoted(char: str) -> str:
    """strconv.Quote of one byte, in the quotes of a rune."""
    if char in _ESCAPES:
        return f"'{_ESCAPES[char]}'"
    if char.isprintable():
        return f"'{char}'"
    return f"'\\x{ord(char):02x}'" if ord(char) < 0x80 else f"'\\u{ord(char):04x}'"
