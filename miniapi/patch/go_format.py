"""Values as Go's fmt verbs print them: error texts of the patch rooms quote values this way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
}


def plain(value: Any) -> str:
    """`%v`: `map[a:1 b:[x y]]`, keys sorted."""
    return _nested(value, scalar)


def text(value: Any) -> str:
    """`%s`: other values than texts are told with their type."""
    return _nested(value, _scalar_text)


def syntax(value: Any) -> str:
    """`%#v`: `map[string]interface {}{"a":1}`."""
    if isinstance(value, dict):
        return "map[string]interface {}{" + ", ".join(f"{quote(k)}:{syntax(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(syntax, value)) + "}"
    if isinstance(value, str):
        return quote(value)
    return "interface {}(nil)" if value is None else scalar(value)


def scalar(value: Any) -> str:
    """`%v` of a scalar."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{int(value)}" if value.is_integer() and abs(value) < 1e21 else repr(value)
    return str(value)


def _nested(value: Any, of_scalar: Callable[[Any], str]) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{k}:{_nested(value[k], of_scalar)}" for k in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(_nested(entry, of_scalar) for entry in value) + "]"
    return of_scalar(value)


def _scalar_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "%!s(<nil>)" if value is None else f"%!s({type_name(value)}={scalar(value)})"


def quote(text: str) -> str:
    """`%q` of a string."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    out = []
    for char in text:
        if char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif char.isprintable():
            out.append(char)
        elif ord(char) < 0x80:
            out.append(f"\\x{ord(char):02x}")
        elif ord(char) < 0x10000:
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(f"\\U{ord(char):08x}")
    return '"' + "".join(out) + '"'


def type_name(value: Any) -> str:
    """`%T` of a decoded JSON value."""
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, list):
        return "[]interface {}"
    if value is None:
        return "%!s(<nil>)"
    return {bool: "bool", int: "int64", float: "float64", str: "string"}[type(value)]


def kind_name(value: Any) -> str:
    """`reflect.Kind` of a decoded JSON value."""
    if isinstance(value, dict):
        return "map"
    return "slice" if isinstance(value, list) else type_name(value)
