"""Checks a custom object against its openAPIV3Schema, compiled once (k8s.io/kube-openapi/pkg/validation/validate).

The checks of a node run in the original's order: type, anyOf, oneOf, allOf, not, string, format, number,
list, enum, object. Messages are unique within a result. A check answers how much of it matched: that chooses
which alternative of a failed anyOf or oneOf is complained about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from miniapi.errors import Cause
from miniapi.schema.checks import Check, Path, Problem, Problems, add, path_text
from miniapi.schema.combine import combined
from miniapi.schema.correlation import ABSENT, MapList, map_keys, unchanged
from miniapi.schema.values import enum_check, number_check, string_check, type_check

Props = Mapping[str, Any]
Validate = Callable[[Any, Any], list[Cause]]

_TYPE_META = ("apiVersion", "kind")
NO_OLD: Final = ABSENT
"""`old` of an object that is created."""


def validator(openapi: Props) -> Validate:
    """-> f(value, old): the causes of a 422, empty where the value is valid.

    What is wrong in a part that equals the same part of `old` is tolerated (CRDValidationRatcheting), but for the
    names of the type, which both have been given.
    """
    check = _ratcheted(openapi)

    def validate(value: Any, old: Any = NO_OLD) -> list[Cause]:
        problems: Problems = []
        if old.__class__ is dict:
            old = {name: entry for name, entry in old.items() if name not in _TYPE_META}
        check(value, old, ("", ""), problems)
        return [problem.cause() for problem in problems]

    return validate


def _node(raw: Props) -> Check:
    nullable = type_check(raw)
    enum = enum_check(raw)
    checks = [
        check
        for check in (
            nullable,
            combined(raw, _node),
            string_check(raw),
            number_check(raw),
            _list_check(raw),
            enum,
            _object_check(raw),
        )
        if check is not None
    ]
    for_null = [check for check in (nullable, enum) if check is not None]

    def run(value: Any, old: Any, path: Path, problems: Problems) -> int:
        if value is None:
            return sum(check(None, old, path, problems) for check in for_null)
        matched = 1
        for check in checks:
            matched += check(value, old, path, problems)
        return matched

    return run


def _ratcheted(raw: Props) -> Check:
    check = _node(raw)

    def run(value: Any, old: Any, path: Path, problems: Problems) -> int:
        if old is ABSENT:
            return check(value, ABSENT, path, problems)
        found: Problems = []
        matched = check(value, old, path, found)
        if found and not unchanged(raw, value, old):
            add(problems, found)
        return matched

    return run


def _list_check(raw: Props) -> Check | None:
    items, least, most = raw.get("items"), raw.get("minItems"), raw.get("maxItems")
    unique = raw.get("uniqueItems", False)
    if items is None and least is None and most is None and not unique:
        return None
    item = _ratcheted(items) if isinstance(items, Mapping) else None
    keys = map_keys(raw)

    def check(value: Any, old: Any, path: Path, problems: Problems) -> int:
        if value.__class__ is not list:
            return 0
        matched = 1
        if item is not None:
            olds = MapList(keys, old)
            for position, entry in enumerate(value):
                matched += item(entry, olds.get(entry), (path, f"[{position}]"), problems)
        if least is not None and len(value) < least:
            text = f"should have at least {least} items"
            add(problems, [Problem("FieldValueInvalid", path, text, value=len(value))])
        if most is not None and len(value) > most:
            add(problems, [_too_many(path, f"should have at most {most} items", len(value), most)])
        if unique and any(entry in value[:position] for position, entry in enumerate(value)):
            add(problems, [Problem("FieldValueInvalid", path, "shouldn't contain duplicates", value="")])
        return matched

    return check


def _too_many(path: Path, text: str, actual: int, most: int) -> Problem:
    plural = "item" if most == 1 else "items"
    return Problem("FieldValueTooMany", path, text, message=f"Too many: {actual}: must have at most {most} {plural}")


@dataclass(slots=True)
class _Object:
    """An object's checks."""

    raw: Props
    properties: dict[str, Check] = field(default_factory=dict)
    additional: Check | None = None
    closed: bool = False
    """additionalProperties: false."""
    required: tuple[str, ...] = ()

    def __call__(self, value: Any, old: Any, path: Path, problems: Problems) -> int:
        if value.__class__ is not dict:
            return 0
        wrong_size = self._size(len(value), path)
        if wrong_size is not None:
            add(problems, [wrong_size])
        olds = old if old.__class__ is dict else {}
        matched = 0
        for name in value if self.closed else ():
            if name not in self.properties:
                add(problems, [Problem("FieldValueInvalid", path, value=name, full=_forbidden(path, name))])
        if self.additional is not None:
            for name, entry in value.items():
                if name not in self.properties:
                    matched += self.additional(entry, olds.get(name, ABSENT), (path, "." + name), problems)
        for name, check in self.properties.items():
            if name in value:
                matched += check(value[name], olds.get(name, ABSENT), (path, "." + name), problems)
        for name in self.required:
            if name not in value:
                add(problems, [Problem("FieldValueRequired", (path, "." + name), "is required")])
        return matched

    def _size(self, size: int, path: Path) -> Problem | None:
        least, most = self.raw.get("minProperties"), self.raw.get("maxProperties")
        if least is not None and size < least:
            return Problem("FieldValueInvalid", path, f"should have at least {least} properties", value=size)
        if most is not None and size > most:
            return _too_many(path, f"should have at most {most} properties", size, most)
        return None


def _forbidden(path: Path, name: str) -> str:
    return f"{path_text(path).lstrip('.')}.{name} in body is a forbidden property"


def _object_check(raw: Props) -> Check | None:
    additional = raw.get("additionalProperties")
    check = _Object(
        {name: raw[name] for name in ("minProperties", "maxProperties") if name in raw},
        {name: _ratcheted(props) for name, props in (raw.get("properties") or {}).items()},
        _ratcheted(additional) if isinstance(additional, Mapping) else None,
        additional is False,
        tuple(raw.get("required", ())),
    )
    used = check.raw or check.properties or check.additional or check.closed or check.required
    return check if used else None
