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
        return [], count(text, completions)
    except ValueError as problem:
        return [field.invalid(path, text, f"error parsing succeededIndexes: {problem}")], 0


def count(text: str, completions: int) -> int:
    """How many indexes are named; ValueError says what is wrong with the list."""
    last, total = -1, 0
    for part in text.split(",") if text else ():
        low, high = _interval(part, completions)
        if last >= low:
            raise ValueError(f"non-increasing order, previous: {last}, current: {low}")
        total += high - low + 1
        last = high
    return total


def overlap(one: str, other: str, completions: int) -> int | None:
    """The first index that both lists name; parts that are no intervals are passed over."""
    for low, high in _intervals(one, completions):
        for from_, to in _intervals(other, completions):
            if low <= to and from_ <= high:
                return max(low, from_)
    return None


def _intervals(text: str, completions: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for part in text.split(",") if text else ():
        try:
            found.append(_interval(part, completions))
        except ValueError:
            continue
    return found


def _interval(text: str, completions: int) -> tuple[int, int]:
    limits = text.split("-")
    if len(limits) > 2:
        why = "violates the requirement that an index interval can have at most two parts separated by '-'"
        raise ValueError(f'the fragment "{text}" {why}')
    low = _number(limits[0], completions)
    if len(limits) == 1:
        return low, low
    high = _number(limits[1], completions)
    if low >= high:
        raise ValueError(f"non-increasing order, previous: {low}, current: {high}")
    return low, high


def _number(text: str, completions: int) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f'cannot convert string to integer for index: "{text}"')
    if int(text) >= completions:
        raise ValueError(f'too large index: "{text}"')
    return int(text)
