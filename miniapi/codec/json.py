"""application/json."""

from __future__ import annotations

import json
from typing import Any

import orjson

from miniapi.codec.interface import Decoded, DecodeError
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object

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


class JsonCodec:
    """orjson; duplicate keys are looked for without slowing those who have none."""

    media_type = "application/json"
    stream_media_type = "application/json"

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        try:
            obj = loads(data)
        except orjson.JSONDecodeError:
            raise DecodeError(f"couldn't get version/kind; json parse error: {json_complaint(data)}") from None
        return Decoded(obj, duplicates(data, obj))

    def encode(self, obj: Object) -> bytes:
        return orjson.dumps(obj) + b"\n"

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        return b'{"type":"%b","object":%b}\n' % (event_type.encode(), encoded.rstrip(b"\n"))


def loads(data: bytes) -> Any:
    """orjson.loads, but bytes that are not UTF-8 are replaced, as Go does."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        text = data.decode("utf-8", "replace")
        if "\ufffd" not in text:
            raise
        return orjson.loads(text)


def duplicates(data: bytes, obj: Any) -> tuple[str, ...]:
    """Complaints about keys that stand twice.

    Without escapes by number, text and re-encoded text have the same number of quotes unless a key
    was dropped, so that only suspicious bodies are read slowly.
    """
    if b"\\u" not in data and data.count(b'"') == orjson.dumps(obj).count(b'"'):
        return ()
    found: list[str] = []
    json.JSONDecoder(object_pairs_hook=_Pairs).decode(data.decode("utf-8", "replace"))
    _walk(json.loads(data, object_pairs_hook=_Pairs), "", found)
    return tuple(f'duplicate field "{path}"' for path in found)


class _Pairs(list):  # type: ignore[type-arg]
    """An object as the list of its pairs."""


def _walk(value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, inner in value:
            where = f"{path}.{key}" if path else key
            if key in seen:
                if where not in found:
                    found.append(where)
            seen.add(key)
            _walk(inner, where, found)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _walk(inner, f"{path}[{position}]", found)


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
