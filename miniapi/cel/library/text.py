"""cel-go's ext.Strings, version 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.cel import types
from miniapi.cel.library.formatting import formatted, quote
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import DYN, INT, STRING, Overload, Type, list_of

_WHITE = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"  # noqa: E501


def _out_of_range(position: int) -> EvaluationError:
    return EvaluationError(f"index out of range: {position}")


def _char_at(text: str, position: int) -> str:
    if not 0 <= position <= len(text):
        raise _out_of_range(position)
    return text[position : position + 1]


def _index_of(text: str, part: str, start: int = 0) -> int:
    if not part:
        return start
    if start < 0:
        raise _out_of_range(start)
    return text.find(part, start)


def _last_index_of(text: str, part: str, start: int | None = None) -> int:
    if start is None:
        return text.rfind(part)
    if not part:
        return start
    if start < 0:
        raise _out_of_range(start)
    return text.rfind(part, 0, start + len(part)) if start < len(text) else -1


def _substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    if not 0 <= stop <= len(text):
        raise _out_of_range(stop)
    if start > stop:
        raise EvaluationError(f"invalid substring range. start: {start}, end: {stop}")
    return text[start:stop]


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if not separator:
        parts = list(text)
        return parts if limit < 0 or len(parts) <= limit else [*parts[: limit - 1], "".join(parts[limit - 1 :])]
    return text.split(separator, limit - 1 if limit > 0 else -1)


def _ascii(text: str, change: Callable[[str], str]) -> str:
    return "".join(change(c) if c.isascii() else c for c in text)


def _joined(parts: list[Any], separator: str = "") -> str:
    return separator.join(parts)


def _method(params: tuple[Type, ...], result: Type, run: Callable[..., Any], cost: str = "target") -> Overload:
    return Overload(params, result, run, method=True, cost=cost)


FUNCTIONS: types.Functions = {
    "charAt": (_method((STRING, INT), STRING, _char_at, ""),),
    "indexOf": (_method((STRING, STRING), INT, _index_of), _method((STRING, STRING, INT), INT, _index_of)),
    "lastIndexOf": (
        _method((STRING, STRING), INT, _last_index_of),
        _method((STRING, STRING, INT), INT, _last_index_of),
    ),
    "lowerAscii": (_method((STRING,), STRING, lambda t: _ascii(t, str.lower)),),
    "upperAscii": (_method((STRING,), STRING, lambda t: _ascii(t, str.upper)),),
    "replace": (
        _method((STRING, STRING, STRING), STRING, lambda t, a, b: t.replace(a, b)),
        _method((STRING, STRING, STRING, INT), STRING, lambda t, a, b, n: t.replace(a, b, n)),
    ),
    "split": (
        _method((STRING, STRING), list_of(STRING), _split),
        _method((STRING, STRING, INT), list_of(STRING), _split),
    ),
    "substring": (_method((STRING, INT), STRING, _substring), _method((STRING, INT, INT), STRING, _substring)),
    "trim": (_method((STRING,), STRING, lambda t: t.strip(_WHITE)),),
    "join": (
        _method((list_of(STRING),), STRING, _joined, "elements"),
        _method((list_of(STRING), STRING), STRING, _joined, "elements"),
    ),
    "format": (_method((STRING, list_of(DYN)), STRING, formatted),),
    "strings.quote": (Overload((STRING,), STRING, quote, cost="target"),),
}
