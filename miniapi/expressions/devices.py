"""Selectors of devices (dynamic-resource-allocation/cel/compile.go)."""

from __future__ import annotations

from functools import cache

from miniapi.cel.environment import CompileError, Environment
from miniapi.cel.estimate import estimate
from miniapi.cel.types import BOOL, Field, Type, is_dynamic, map_of, object_of, opaque

_COST_LIMIT = 1_000_000
_ENTRIES = 32
"""Attributes and capacities of a device, and domains of either."""


@cache
def _environment() -> Environment:
    domain, identifier = Type("string", size=63), Type("string", size=32)
    driver, value = Type("string", size=63), Type("dyn", size=64)

    def by_name(of: Type) -> Type:
        return map_of(domain, map_of(identifier, of, _ENTRIES), _ENTRIES)

    fields = {
        "driver": driver,
        "attributes": by_name(value),
        "capacity": by_name(opaque("kubernetes.Quantity")),
        "allowMultipleAllocations": BOOL,
    }
    device = object_of("kubernetes.DRADevice", {name: Field(of, name) for name, of in fields.items()})
    return Environment({"device": device})


def complaint(expression: str) -> tuple[str, bool]:
    """What is wrong with a selector, or nothing; and whether that is its cost alone."""
    try:
        program = _environment().compile(expression)
    except CompileError as problem:
        return f"compilation failed: {problem}", False
    if program.type != BOOL and not is_dynamic(program.type):
        return f"must evaluate to bool or the unknown type, not {program.type}", False
    if estimate(program.root) > _COST_LIMIT:
        return "too complex, exceeds cost limit", True
    return "", False
