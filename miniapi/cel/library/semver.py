"""Kubernetes' semantic versions (apiserver/pkg/cel/library/semverlib.go, blang/semver)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from miniapi.cel import types
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import BOOL, INT, STRING, Overload, Type, opaque

SEMVER_TYPE = opaque("kubernetes.Semver")
_digits = re.compile(r"[0-9]*").fullmatch
_plain = re.compile(r"[0-9A-Za-z-]*").fullmatch


@dataclass(slots=True, frozen=True)
class Semver:
    """A version; build metadata counts for nothing."""

    numbers: tuple[int, int, int]
    pre: tuple[str, ...]
    cel_type: ClassVar[Type] = SEMVER_TYPE


def parse(text: str, normalize: bool = False) -> Semver:
    """semver(text); `normalize` forgives a leading v, missing parts and leading zeros."""
    wanted = _normalized(text) if normalize else text
    if not wanted:
        raise EvaluationError("Version string empty")
    parts = wanted.split(".", 2)
    if len(parts) != 3:
        raise EvaluationError("No Major.Minor.Patch elements found")
    major, minor = _number(parts[0], "Major"), _number(parts[1], "Minor")
    rest, plus, build = parts[2].partition("+")
    rest, dash, pre = rest.partition("-")
    patch = _number(rest, "Patch")
    found = tuple(pre.split(".")) if dash else ()
    for part in found:
        _check_pre(part)
    for part in build.split(".") if plus else ():
        if not part:
            raise EvaluationError("Build meta data is empty")
        if not _plain(part):
            raise EvaluationError(f'Invalid character(s) found in build meta data "{part}"')
    return Semver((major, minor, patch), found)


def _number(text: str, name: str) -> int:
    if not _digits(text):
        raise EvaluationError(f'Invalid character(s) found in {name.lower()} number "{text}"')
    if len(text) > 1 and text[0] == "0":
        raise EvaluationError(f'{name} number must not contain leading zeroes "{text}"')
    if not text or int(text) >= 2**64:
        why = "value out of range" if text else "invalid syntax"
        raise EvaluationError(f'strconv.ParseUint: parsing "{text}": {why}')
    return int(text)


def _check_pre(part: str) -> None:
    if not part:
        raise EvaluationError("Prerelease is empty")
    if _digits(part) and len(part) > 1 and part[0] == "0":
        raise EvaluationError(f'Numeric PreRelease version must not contain leading zeroes "{part}"')
    if not _plain(part):
        raise EvaluationError(f'Invalid character(s) found in prerelease "{part}"')


def _normalized(text: str) -> str:
    parts = [_less_zeros(part) for part in text.removeprefix("v").split(".", 2)]
    if len(parts) < 3:
        if set("+-") & set(parts[-1]):
            raise EvaluationError("short version cannot contain PreRelease/Build meta data")
        parts += ["0"] * (3 - len(parts))
    return ".".join(parts)


def _less_zeros(part: str) -> str:
    if len(part) <= 1:
        return part
    rest = part.lstrip("0")
    return rest if rest[:1] and rest[0] in "0123456789" else "0" + rest


def _is(text: str, normalize: bool = False) -> bool:
    try:
        parse(text, normalize)
    except EvaluationError:
        return False
    return True


def _pre_key(pre: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in pre)


def _compare(a: Semver, b: Semver) -> int:
    left, right = (a.numbers, not a.pre, _pre_key(a.pre)), (b.numbers, not b.pre, _pre_key(b.pre))
    return (left > right) - (left < right)


def _method(params: tuple[Type, ...], result: Type, run: Callable[..., Any]) -> tuple[Overload, ...]:
    return (Overload((SEMVER_TYPE, *params), result, run, method=True),)


FUNCTIONS: types.Functions = {
    "isSemver": (
        Overload((STRING,), BOOL, _is, cost="target"),
        Overload((STRING, BOOL), BOOL, _is, cost="target"),
    ),
    "semver": (
        Overload((STRING,), SEMVER_TYPE, parse, cost="target"),
        Overload((STRING, BOOL), SEMVER_TYPE, parse, cost="target"),
    ),
    "isGreaterThan": _method((SEMVER_TYPE,), BOOL, lambda a, b: _compare(a, b) > 0),
    "isLessThan": _method((SEMVER_TYPE,), BOOL, lambda a, b: _compare(a, b) < 0),
    "compareTo": _method((SEMVER_TYPE,), INT, _compare),
    "major": _method((), INT, lambda v: v.numbers[0]),
    "minor": _method((), INT, lambda v: v.numbers[1]),
    "patch": _method((), INT, lambda v: v.numbers[2]),
}
