"""JSON paths that lead to a field of a schema: a rule's fieldPath and selectable fields
(apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go, ValidFieldPath).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from miniapi.validation.field import child, key

Props = Mapping[str, Any]
_token = re.compile(r"'.*?(?<!\\)'|'.*|[.\[\]]|[^.\[\]]+", re.DOTALL)
_escape = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "'": "'", "\\": "\\"}
_NOWHERE = "does not refer to a valid field"
_EARLY_END = "unexpected end of JSON path"


class BadPath(ValueError):
    """A path that leads nowhere; its text says why."""


def field_path(text: str, schema: Props, *, array_notation: bool = True) -> tuple[str, Props]:
    """-> the path as field errors write it, and the schema it leads to. Raises BadPath."""
    tokens = iter(_token.findall(text))
    path, node = "", schema
    for token in tokens:
        if token == ".":
            path, node = _below(path, node, _next(tokens))
            continue
        if token != "[":
            raise BadPath(f"expected [ or . but got: {token}")
        if not array_notation:
            raise BadPath("array notation is not allowed")
        name = _next(tokens)
        if len(name) < 2 or name[0] != "'" or name[-1] != "'":
            raise BadPath(f"expected single quoted string but got {name}")
        path, node = _below(path, node, _unescaped(name[1:-1]))
        if (end := _next(tokens)) != "]":
            raise BadPath(f"expected ] but got {end}")
    return path, node


def _next(tokens: Iterator[str]) -> str:
    token = next(tokens, None)
    if token is None:
        raise BadPath(_EARLY_END)
    return token


def _unescaped(text: str) -> str:
    def unescape(found: re.Match[str]) -> str:
        if found[1] not in _ESCAPES:
            raise BadPath(f"invalid string literal: invalid escape char {found[0]}")
        return _ESCAPES[found[1]]

    return _escape.sub(unescape, text)


def _below(path: str, node: Props, name: str) -> tuple[str, Props]:
    properties, additional = node.get("properties"), node.get("additionalProperties")
    if properties:
        if name not in properties:
            raise BadPath(_NOWHERE)
        return child(path, name), properties[name]
    if additional is None:
        raise BadPath(_NOWHERE)
    return key(path, name), additional if isinstance(additional, Mapping) else {}
