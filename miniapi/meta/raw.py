"""Objects within an object that the original keeps as the text they were sent in (runtime.RawExtension).

Where such a member may not change, it is the text that may not: white space and the order of keys count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from miniapi.meta.objects import Object, copy

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING_OR_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')
_UNSAFE = re.compile("[&<>\u2028\u2029]")
_READER = json.JSONDecoder()


class RawObject(dict):  # type: ignore[type-arg]
    """A JSON object and its text. It is never changed: `objects.copy` hands out the same one."""

    __slots__ = ("text",)

    def __init__(self, value: Object, text: str) -> None:
        super().__init__(value)
        self.text = text


def keep_texts(obj: Object, data: bytes, names: Iterable[str]) -> None:
    """The named members of an object that was read from `data` keep their text, in place."""
    for name in names:
        value = obj.get(name)
        if isinstance(value, dict):
            obj[name] = RawObject(value, _member(data.decode("utf-8", "replace"), name))


def _member(text: str, name: str) -> str:
    """The text of an object's member, the last one where it stands twice."""
    found, at = "", _skip(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = _READER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, at = _READER.raw_decode(text, start)
        if key == name:
            found = text[start:at]
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def text_of(value: Object) -> str:
    """An object's text; one that has none is written as encoding/json writes."""
    return value.text if isinstance(value, RawObject) else _written(value)


def compacted(value: Object) -> RawObject:
    """An object as it comes out of encoding/json: without white space, and safe in HTML."""
    return RawObject(value, compact(text_of(value)))


def canonical(value: Object) -> RawObject:
    """An object that was a Go map for a while: its keys are sorted, and whole numbers have no fraction."""
    sorted_value: Object = _canonical(value)
    return RawObject(sorted_value, _written(sorted_value))


def thawed(value: Object) -> Object:
    """An object without its text, to be changed."""
    return copy(dict(value))  # type: ignore[no-any-return]


def in_map_order(value: Any, patch: Any) -> Any:
    """A value that a merge patch has changed, in the order in which the library writes what it looks into."""
    if not isinstance(value, dict) or not isinstance(patch, dict):
        return value
    return {key: in_map_order(value[key], patch.get(key)) for key in sorted(value)}


def compact(text: str) -> str:
    """json.Compact, with what is special in HTML escaped."""
    text = _STRING_OR_SPACE.sub(lambda match: match.group(1) or "", text)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _written(value: Any) -> str:
    return compact(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e21 else value
