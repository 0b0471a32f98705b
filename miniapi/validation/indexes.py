"""Index lists of indexed jobs such as `1,3-5,7` (validateIndexesFormat)."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.validation import field
from miniapi.validation.field import ErrorList

_MAX_BYTES = 65536


def succeeded_indexes(text: str, completions: int, path: str) -> tuple[ErrorList, int]:
    """(errors, how many indexes are named)."""
    if names.size(text) > _MAX_BYTES:
        return [field.too_long(path, _MAX_BYTES)], 0
    try:
        return [], _count(text, completions)
    except ValueError as problem:
        return [field.invalid(path, text, f"error parsing succeededIndexes: {problem}")], 0


def _count(text: str, completions: int) -> int:
    if not text:
        return 0
    last, total = -1, 0
    for interval in text.split(","):
        limits = interval.split("-")
        if len(limits) > 2:
            why = "violates the requirement that an index interval can have at most two parts separated by '-'"
            raise ValueError(f'the fragment "{interval}" {why}')
        low, high = _number(limits[0]), _number(limits[-1])
        for value in (low, high):
            if value >= completions:
                raise ValueError(f"too large index: {limits[0] if value == low else limits[-1]}")
        if last >= low:
            raise ValueError(f"non-increasing order, previous: {last}, current: {low}")
        if len(limits) == 2 and low >= high:
            raise ValueError(f"non-increasing order, previous: {low}, current: {high}")
        total += high - low + 1
        last = high
    return total


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f'cannot convert string to integer for index: "{text}"')
    return int(text)
