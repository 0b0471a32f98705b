"""Which form of a function a dynamic value fits, and what is said where it fits none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import Type
from miniapi.cel.values import dynamic_type, no_overload, type_name

_NUMBERS = ("int", "uint", "double")
_ORDERED = frozenset((*_NUMBERS, "bool", "string", "bytes", "duration", "timestamp"))
_ABLE: Mapping[str, frozenset[str]] = {
    "_+_": frozenset((*_NUMBERS, "string", "bytes", "list", "duration", "timestamp")),
    "_-_": frozenset((*_NUMBERS, "duration", "timestamp")),
    "_*_": frozenset(_NUMBERS),
    "_/_": frozenset(_NUMBERS),
    "_%_": frozenset(("int", "uint")),
    "-_": frozenset(("int", "double", "bool", "duration")),
    "!_": frozenset(("int", "double", "bool", "duration")),
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_"), _ORDERED),
    "size": frozenset(("string", "bytes", "list", "map")),
}
"""Types whose values have the function at all (the traits of cel-go's types)."""
_RECEIVERS = frozenset(("string", "duration", "timestamp", "type"))
"""Types that are asked for functions by name, and know no other."""
_TELL_NOTHING = frozenset(("contains", "startsWith", "endsWith", "matches", "@in"))


def unfit(function: str, args: Sequence[Any]) -> EvaluationError:
    """What is wrong with a call whose arguments fit no form (interpreter/interpretable.go, decls.go)."""
    if function in _TELL_NOTHING:
        return no_overload()
    able = _ABLE.get(function)
    if able is None:
        return EvaluationError(f"no such overload: {function}({', '.join(map(type_name, args))})")
    kind = dynamic_type(args[0]).kind
    return no_overload() if kind in able or kind in _RECEIVERS else EvaluationError(f"no such overload: {function}")


def fits(wanted: Type, value: Any) -> bool:
    """Whether a value may be given where the type is declared; elements are not looked at."""
    if wanted.kind in ("dyn", "param"):
        return True
    found = dynamic_type(value)
    if wanted.kind == "map" and found.kind == "map":
        return True
    if wanted.kind == "object":
        return found.kind == "map"
    if wanted.kind == "list" and found.kind == "list":
        return not value or fits(wanted.params[0], value[0])
    return wanted.kind == found.kind and wanted.name == found.name
