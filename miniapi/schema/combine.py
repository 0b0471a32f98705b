"""anyOf, oneOf, allOf and not (validate.schemaPropsValidator). What they say is not tolerated part by part."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miniapi.schema.checks import Check, Path, Problem, Problems, add, path_text
from miniapi.schema.correlation import ABSENT

Props = Mapping[str, Any]


def combined(raw: Props, compile_node: Callable[[Props], Check]) -> Check | None:
    """None where the node combines nothing."""
    any_of, one_of, all_of = ([compile_node(p) for p in raw.get(n) or ()] for n in ("anyOf", "oneOf", "allOf"))
    negated = compile_node(raw["not"]) if raw.get("not") is not None else None
    if not any_of and not one_of and not all_of and negated is None:
        return None

    def check(value: Any, _old: Any, path: Path, problems: Problems) -> int:
        matched = 1
        if any_of:
            matched += _any(any_of, value, path, problems)
        if one_of:
            matched += _one(one_of, value, path, problems)
        if all_of:
            matched += _all(all_of, value, path, problems)
        if negated is not None:
            found: Problems = []
            negated(value, ABSENT, path, found)
            if not found:
                add(problems, [_whole(path, "must not validate the schema (not)")])
        return matched

    return check


def _whole(path: Path, text: str) -> Problem:
    return Problem("FieldValueInvalid", path, whole=f"{json.dumps(path_text(path).lstrip('.'))} {text}")


def _any(checks: Sequence[Check], value: Any, path: Path, problems: Problems) -> int:
    best: tuple[int, Problems] | None = None
    for check in checks:
        found: Problems = []
        matched = check(value, ABSENT, path, found)
        if not found:
            return matched
        if best is None or matched > best[0]:
            best = matched, found
    add(problems, [_whole(path, "must validate at least one schema (anyOf)")])
    return _merged(best, problems)


def _one(checks: Sequence[Check], value: Any, path: Path, problems: Problems) -> int:
    best: tuple[int, Problems] | None = None
    valid: list[int] = []
    for check in checks:
        found: Problems = []
        matched = check(value, ABSENT, path, found)
        if not found:
            valid.append(matched)
        elif not valid and (best is None or matched > best[0]):
            best = matched, found
    if len(valid) == 1:
        return valid[0]
    why = f"Found {len(valid)} valid alternatives" if valid else "Found none valid"
    add(problems, [_whole(path, f"must validate one and only one schema (oneOf). {why}")])
    return 0 if valid else _merged(best, problems)


def _merged(best: tuple[int, Problems] | None, problems: Problems) -> int:
    if best is None:
        return 0
    add(problems, best[1])
    return best[0]


def _all(checks: Sequence[Check], value: Any, path: Path, problems: Problems) -> int:
    matched, valid = 0, 0
    for check in checks:
        found: Problems = []
        matched += check(value, ABSENT, path, found)
        valid += not found
        add(problems, found)
    if valid != len(checks):
        why = "" if valid else ". None validated"
        add(problems, [_whole(path, f"must validate all the schemas (allOf){why}")])
    return matched
