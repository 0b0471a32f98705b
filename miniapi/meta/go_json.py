"""What encoding/json says of a text that is not JSON."""

from __future__ import annotations

import json

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


def json_complaint(data: bytes) -> str:
    """What encoding/json says of a text that is not JSON; it reads bytes, and shows each as a character."""
    text = data.decode("latin-1")
    if not text.strip():
        return "unexpected end of JSON input"
    try:
        json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as problem:
        if problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated string"):
            return "unexpected end of JSON input"
        return f"invalid character {_quoted(text[problem.pos])} {_where(problem.msg, text, problem.pos)}"
    except ValueError as problem:
        return f"invalid character '{problem}' looking for beginning of value"
    return "invalid UTF-8 in JSON input"


def _no_constant(name: str) -> None:
    raise ValueError(name[0])


def _quoted(char: str) -> str:
    """strconv.Quote of one byte, in the quotes of a rune."""
    if char in _ESCAPES:
        return f"'{_ESCAPES[char]}'"
    if char.isprintable():
        return f"'{char}'"
    return f"'\\x{ord(char):02x}'" if ord(char) < 0x80 else f"'\\u{ord(char):04x}'"


def _where(message: str, text: str, position: int) -> str:
    if message.startswith("Extra data"):
        return "after top-level value"
    if "property name" in message:
        return "looking for beginning of object key string"
    if "':' delimiter" in message:
        return "after object key"
    if "',' delimiter" in message:
        opener = _enclosing(text, position)
        return "after object key:value pair" if opener == "{" else "after array element"
    if message.startswith("Invalid control"):
        return "in string literal"
    if message.startswith("Invalid \\escape"):
        return "in string escape code"
    return "looking for beginning of value"


def _enclosing(text: str, position: int) -> str:
    depth = 0
    for char in reversed(text[:position]):
        if char in "}]":
            depth += 1
        elif char in "{[":
            if depth == 0:
                return char
            depth -= 1
    return "{"
