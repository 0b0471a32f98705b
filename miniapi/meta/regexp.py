"""Regular expressions as Go has them: RE2's syntax, linear time, and Go's words for what does not parse."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

KEPT_PATTERNS = 1024
_WORDS = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
}


class BadPattern(ValueError):
    """`error parsing regexp: missing closing ]: ...` (regexp/syntax.Error)."""


@lru_cache(maxsize=KEPT_PATTERNS)
def compiled(pattern: str) -> Any:
    """The pattern, with `search` and `finditer`. Raises BadPattern."""
    # Loaded for those who use patterns only.
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as problem:
        raise BadPattern(f"error parsing regexp: {_go_words(problem.args[0])}") from None


def _go_words(told: str | bytes) -> str:
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    what, _, where = text.partition(": ")
    return f"{_WORDS.get(what, what)}: `{where}`"
