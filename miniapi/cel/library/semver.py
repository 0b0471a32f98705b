"""Kubernetes' semantic versions (apiserver/pkg/cel/library/semverlib.go)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from miniapi.cel import types
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import BOOL, INT, STRING, Overload, Type, opaque

SEMVER_TYPE = opaque("kubernetes.Semver")
_version = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?")


@dataclass(slots=True, frozen=True)
class Semver:
    """A version; build metadata counts for nothing."""

    numbers: tuple[int, int, int]
    pre: tuple[str, ...]
    cel_type: ClassVar[Type] = SEMVER_TYPE


def parse(text: str, normalize: bool = False) -> Semver:
    """semver(text); `normalize` forgives a leading v, missing parts and leading zeros."""
    wanted = _normalized(text) if normalize else text
    found = _version.fullmatch(wanted)
    if found is None:
        if wanted.count(".") < 2:
            raise EvaluationError("No Major.Minor.Patch elements found")
        raise EvaluationError(f'Invalid character(s) found in version "{wanted}"')
    for part, name in zip(found.groups()[:3], ("Major", "Minor", "Patch"), strict=True):
        if len(part) > 1 and part[0] == "0":
            raise EvaluationError(f'{name} number must not contain leading zeroes "{part}"')
    pre = tuple(found[4].split(".")) if found[4] else ()
    return Semver((int(found[1]), int(found[2]), int(found[3])), pre)


def _normalized(text: str) -> str:
    text = text.removeprefix("v")
    at = min((text.index(c) for c in "-+" if c in text), default=len(text))
    parts = [p.lstrip("0") or "0" for p in text[:at].split(".")]
    return ".".join([*parts, "0", "0"][: max(3, len(parts))]) + text[at:]


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
