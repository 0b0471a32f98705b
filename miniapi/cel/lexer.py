"""Tokens of an expression, and the values of its literals."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from miniapi.cel.problems import Problem, SyntaxProblem
from miniapi.cel.values import UInt

_MAX_INT, _MAX_UINT = 2**63 - 1, 2**64 - 1
_token = re.compile(
    r"""
    (?P<space>[ \t\r\n\f]+|//[^\n]*)
  | (?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<uint>(?:0x[0-9a-fA-F]+|\d+)[uU])
  | (?P<int>0x[0-9a-fA-F]+|\d+)
  | (?P<text>[bB]?[rR]?(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''
      |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<quoted>`[A-Za-z0-9_./ -]+`)
  | (?P<op>==|!=|<=|>=|&&|\|\||[\[\]{}().,:?<>!+\-*/%])
    """,
    re.VERBOSE | re.DOTALL,
)
_raw_text = re.compile(r"[bB]?[rR](?:\"\"\"(?:.)*?\"\"\"|'''(?:.)*?'''|\"[^\"\n]*\"|'[^'\n]*')", re.DOTALL)
_escape = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_PLAIN = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}  # fmt: skip


@dataclass(slots=True, frozen=True)
class Token:
    """`kind` is float, uint, int, text, name, quoted, op or end."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> tuple[list[Token], list[Problem]]:
    """-> (all tokens and the end, complaints about what is none, which is left out)."""
    out: list[Token] = []
    problems: list[Problem] = []
    at = 0
    while at < len(text):
        found = _raw_text.match(text, at) or _token.match(text, at)
        if found is None:
            unknown = _unknown(text, at)
            problems.append(Problem(at, f"Syntax error: token recognition error at: '{unknown}'"))
            at += len(unknown)
            continue
        kind = found.lastgroup or "text"
        if kind != "space":
            out.append(Token(kind, found.group(), at))
        at = found.end()
    out.append(Token("end", "<EOF>", len(text)))
    return out, problems


def _unknown(text: str, at: int) -> str:
    """What the original's lexer could not read: an open string to the end, else one or two characters."""
    if text[at] in "'\"":
        return text[at:]
    return text[at : at + 2] if text[at] in "|&=" else text[at]


def number(token: Token, negative: bool) -> Any:
    """The value of a numeric token."""
    sign = -1 if negative else 1
    if token.kind == "float":
        if math.isinf(found := float(token.text)):
            raise SyntaxProblem(token.at, "invalid double literal")
        return sign * found
    text = token.text.rstrip("uU") if token.kind == "uint" else token.text
    value = sign * int(text, 16 if text.startswith("0x") else 10)
    if token.kind == "uint":
        if value > _MAX_UINT:
            raise SyntaxProblem(token.at, "invalid uint literal")
        return UInt(value)
    if not -_MAX_INT - 1 <= value <= _MAX_INT:
        raise SyntaxProblem(token.at, "invalid int literal")
    return value


def text_value(token: Token) -> str | bytes:
    """The value of a string or bytes token."""
    text = token.text
    prefix = text[: len(text) - len(text.lstrip("bBrR"))].lower()
    body = text[len(prefix) :]
    quote = 3 if body[:3] in ('"""', "'''") else 1
    body = body[quote:-quote]
    if "r" not in prefix:
        try:
            body = _escape.sub(lambda m: _unescaped(m, binary="b" in prefix), body)
        except (KeyError, ValueError):
            raise SyntaxProblem(token.at, "invalid string literal") from None
    if "b" not in prefix:
        return body
    # Octal and hexadecimal escapes of bytes stand for bytes, everything else for its UTF-8.
    return b"".join(bytes([ord(c) - 0xDC00]) if 0xDC00 <= ord(c) <= 0xDCFF else c.encode() for c in body)


def _unescaped(match: re.Match[str], *, binary: bool) -> str:
    two, four, eight, octal, plain = match.groups()
    if four or eight:
        return chr(int(four or eight, 16))
    if two or octal:
        value = int(two, 16) if two else int(octal, 8)
        return chr(0xDC00 + value) if binary else chr(value)
    return _PLAIN[plain]
