"""Schedules as github.com/robfig/cron/v3's ParseStandard reads them; only whether they are good matters here."""

from __future__ import annotations

import re
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[tuple[tuple[int, int, dict[str, int]], ...]] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: i + 1 for i, name in enumerate(_MONTHS)}),
    (0, 6, {name: i for i, name in enumerate(_DAYS)}),
)
_DESCRIPTORS: Final = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_duration = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*")


def check_schedule(schedule: str) -> None:
    """ValueError with cron's words where the schedule cannot be read."""
    if not schedule:
        raise ValueError("empty spec string")
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        prefix, _, schedule = schedule.partition(" ")
        zone, schedule = prefix.partition("=")[2], schedule.strip()
        if zone not in ("", "UTC", "Local") and not is_known_zone(zone):
            raise ValueError(f"provided bad location {zone}: unknown time zone {zone}")
    if schedule.startswith("@"):
        _check_descriptor(schedule)
        return
    fields = schedule.split()
    if len(fields) != 5:
        raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    for text, (low, high, words) in zip(fields, _FIELDS, strict=True):
        for part in filter(None, text.split(",")):
            _check_range(part, low, high, words)


def _check_descriptor(schedule: str) -> None:
    if schedule in _DESCRIPTORS:
        return
    if schedule.startswith("@every "):
        text = schedule.removeprefix("@every ")
        if text != "0" and not _duration.fullmatch(text):
            raise ValueError(f'failed to parse duration {schedule}: time: invalid duration "{text}"')
        return
    raise ValueError(f"unrecognized descriptor: {schedule}")


def _check_range(expression: str, low: int, high: int, words: dict[str, int]) -> None:
    parts = expression.split("/")
    bounds = parts[0].split("-")
    single = len(bounds) == 1
    if bounds[0] in ("*", "?"):
        start, end = low, high
    else:
        start = _number(bounds[0], words)
        end = start
        if len(bounds) == 2:
            end = _number(bounds[1], words)
        elif len(bounds) > 2:
            raise ValueError(f"too many hyphens: {expression}")
    step = 1
    if len(parts) == 2:
        step = _integer(parts[1])
        if single:
            end = high
    elif len(parts) > 2:
        raise ValueError(f"too many slashes: {expression}")
    if start < low:
        raise ValueError(f"beginning of range ({start}) below minimum ({low}): {expression}")
    if end > high:
        raise ValueError(f"end of range ({end}) above maximum ({high}): {expression}")
    if start > end:
        raise ValueError(f"beginning of range ({start}) beyond end of range ({end}): {expression}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {expression}")


def _number(text: str, words: dict[str, int]) -> int:
    named = words.get(text.lower())
    return _integer(text) if named is None else named


def _integer(text: str) -> int:
    digits = text.removeprefix("-").removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    number = int(text)
    if number < 0:
        raise ValueError(f"negative number ({number}) not allowed: {text}")
    return number


def is_known_zone(zone: str) -> bool:
    """Whether the system's database has it."""
    import zoneinfo  # for cron jobs with a zone alone

    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
