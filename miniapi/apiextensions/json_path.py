"""The JSONPath of printer columns (k8s.io/client-go/util/jsonpath) and the plain paths of subresources.

Compiled to a function from an object to the values found; what the original's parser does not read raises ValueError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Find = Callable[[list[Any]], list[Any]]
"""From the values so far to the values one step on."""

_token = re.compile(
    r"""
    \.\.(?P<deep>[A-Za-z0-9_\-]+|\*)
  | \.(?P<field>(?:[A-Za-z0-9_\-$/@]|\\.)+|\*)
  | \[(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]
  | \[\?\((?P<filter>.*?)\)\]
  | \[(?P<all>\*)\]
  | \[(?P<slice>-?\d*(?::-?\d*){1,2})\]
  | \[(?P<index>-?\d+(?:,-?\d+)*)\]
    """,
    re.VERBOSE,
)
_filter = re.compile(r"""\s*@(?P<left>[^=!<>]*?)\s*(?:(?P<op>==|!=|<=|>=|<|>)\s*(?P<right>.+?))?\s*""")


def simple_path(text: str) -> tuple[str, ...]:
    """`.spec.a` -> (spec, a)."""
    return tuple(name for name in text.strip(".").split(".") if name)


def text_at(obj: Any, path: tuple[str, ...]) -> str:
    """The scalar at a plain path as a field selector compares it; empty where there is none."""
    for name in path:
        obj = obj.get(name) if isinstance(obj, dict) else None
    if isinstance(obj, bool):
        return "true" if obj else "false"
    return "" if obj is None else str(obj)


def compile_path(text: str) -> Callable[[Any], list[Any]]:
    """`.spec.items[*].name` -> f(object): the values found, none where a part is missing."""
    steps = list(_steps(text))

    def find(obj: Any) -> list[Any]:
        found = [obj]
        for step in steps:
            found = step(found)
        return found

    return find


def _steps(text: str) -> Iterator[Find]:
    at = 0
    while at < len(text):
        match = _token.match(text, at)
        if match is None:
            raise ValueError(f"unrecognized character in action: {text[at]!r}")
        at = match.end()
        yield _step(match)


def _step(match: re.Match[str]) -> Find:
    kind = match.lastgroup or ""
    text = match[kind]
    if kind == "deep":
        return lambda found: [v for value in found for v in _deep(value, text)]
    if kind == "quoted":
        return _field(_unquoted(text))
    if kind == "all" or (kind == "field" and text == "*"):
        return lambda found: [v for value in found for v in _children(value)]
    if kind == "field":
        return _field(re.sub(r"\\(.)", r"\1", text))
    if kind == "filter":
        return _filtered(text)
    if kind == "index":
        positions = [int(p) for p in text.split(",")]
        return lambda found: [v[p] for v in found if isinstance(v, list) for p in positions if -len(v) <= p < len(v)]
    parts = [int(p) if p else None for p in text.split(":")]
    return lambda found: [v for value in found if isinstance(value, list) for v in value[slice(*parts)]]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _field(name: str) -> Find:
    return lambda found: [v[name] for v in found if isinstance(v, dict) and name in v]


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _deep(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if name == "*":
            yield from value.values()
        elif name in value:
            yield value[name]
    for child in _children(value):
        yield from _deep(child, name)


def _filtered(text: str) -> Find:
    match = _filter.fullmatch(text)
    if match is None:
        raise ValueError(f"unrecognized filter: {text}")
    left, operator = compile_path(match["left"]), match["op"]
    if not operator:
        return lambda found: [v for value in found for v in _children(value) if left(v)]
    right = _literal(match["right"])

    def holds(value: Any) -> bool:
        found = left(value)
        wanted = right(value)
        return len(found) == 1 and _compares(found[0], operator, wanted)

    return lambda found: [v for value in found for v in _children(value) if holds(v)]


def _literal(text: str) -> Callable[[Any], Any]:
    if text.startswith("@"):
        path = compile_path(text[1:])
        return lambda value: next(iter(path(value)), None)
    if text[:1] in "'\"" and text[-1:] == text[:1]:
        unquoted = _unquoted(text)
        return lambda _value: unquoted
    try:
        parsed = json.loads(text)
    except ValueError:
        raise ValueError(f"unrecognized identifier {text}") from None
    return lambda _value: parsed


def _compares(left: Any, operator: str, right: Any) -> bool:
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if operator == "==":
        return bool(left == right)
    if operator == "!=":
        return bool(left != right)
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if not numbers and not (isinstance(left, str) and isinstance(right, str)):
        return False
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])
