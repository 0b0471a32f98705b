"""Types of expressions, how they are written in complaints, and what may stand where another is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, frozen=True)
class Type:
    """`kind` is bool, int, ..., list, map, optional_type, type, object (by name), param (a type variable), dyn."""

    kind: str
    params: tuple[Type, ...] = ()
    name: str = ""
    fields: Mapping[str, Field] | None = field(default=None, compare=False, hash=False)
    """Of an object, by the name that CEL uses; None where any field goes."""
    size: int | None = field(default=None, compare=False, hash=False)
    """The most characters, bytes or entries that a declared value can have; None where unknown."""

    def __str__(self) -> str:
        if self.kind == "object" or self.kind == "opaque":
            return self.name
        if self.kind == "param":
            return self.name
        if self.kind == "error":
            return "!error!"
        if self.params:
            return f"{self.kind}({', '.join(str(p) for p in self.params)})"
        return self.kind


@dataclass(slots=True, frozen=True)
class Field:
    """A field of a declared object."""

    type: Type
    key: str
    """Its name in the data."""


DYN = Type("dyn")
BOOL, INT, UINT, DOUBLE = Type("bool"), Type("int"), Type("uint"), Type("double")
STRING, BYTES, NULL = Type("string"), Type("bytes"), Type("null")
DURATION, TIMESTAMP = Type("duration"), Type("timestamp")
ERROR = Type("error")
A, B = Type("param", name="A"), Type("param", name="B")
NUMBERS = (INT, UINT, DOUBLE)


def list_of(item: Type, size: int | None = None) -> Type:
    """list(item)."""
    return Type("list", (item,), size=size)


def map_of(key: Type, value: Type, size: int | None = None) -> Type:
    """map(key, value)."""
    return Type("map", (key, value), size=size)


def optional_of(of: Type) -> Type:
    """optional_type(of)."""
    return Type("optional_type", (of,))


def type_of(of: Type) -> Type:
    """The type of a type."""
    return Type("type", (of,))


def opaque(name: str) -> Type:
    """A type of a library, such as `kubernetes.Quantity`."""
    return Type("opaque", name=name)


def object_of(name: str, fields: Mapping[str, Field] | None, size: int | None = None) -> Type:
    """An object with these fields; None: any."""
    return Type("object", name=name, fields=fields, size=size)


@dataclass(slots=True, frozen=True)
class Overload:
    """One form of a function: parameter types (a method's target first), result and what computes it."""

    params: tuple[Type, ...]
    result: Type
    run: Callable[..., Any] | None
    method: bool = False
    cost: str = ""
    """The rule of `cost.py` that says what a call costs; empty for 1."""


Functions = Mapping[str, tuple[Overload, ...]]


def joined(libraries: Iterable[Functions]) -> dict[str, tuple[Overload, ...]]:
    """All overloads by name."""
    out: dict[str, tuple[Overload, ...]] = {}
    for functions in libraries:
        for name, overloads in functions.items():
            out[name] = (*out.get(name, ()), *overloads)
    return out


Bindings = dict[str, Type]


def is_dynamic(of: Type) -> bool:
    """Known at run time only."""
    return of.kind in ("dyn", "error")


def resolve(of: Type, bound: Bindings) -> Type:
    """The type with its variables replaced by what they are bound to."""
    if of.kind == "param":
        found = bound.get(of.name)
        return resolve(found, bound) if found is not None and found != of else of
    if not of.params:
        return of
    params = tuple(resolve(p, bound) for p in of.params)
    return of if params == of.params else Type(of.kind, params, of.name, of.fields, of.size)


def assignable(wanted: Type, given: Type, bound: Bindings) -> bool:
    """Whether a value of `given` may stand where `wanted` is declared; binds the type variables of both."""
    variable = wanted
    wanted, given = resolve(wanted, bound), resolve(given, bound)
    if variable.kind == "param" and wanted.kind != "param" and given == DYN:
        # What any value was given for is known at run time only.
        bound[variable.name] = DYN
        return True
    if wanted.kind == "param":
        return _bind(wanted, given, bound)
    if given.kind == "param":
        return _bind(given, wanted, bound)
    if is_dynamic(wanted) or is_dynamic(given):
        return True
    if given.kind == "null":
        return wanted.kind in ("null", "object", "opaque", "duration", "timestamp", "optional_type")
    if wanted.kind == given.kind == "type":
        return True
    if wanted.kind != given.kind or wanted.name != given.name or len(wanted.params) != len(given.params):
        return False
    return all(assignable(w, g, bound) for w, g in zip(wanted.params, given.params, strict=True))


def _bind(variable: Type, to: Type, bound: Bindings) -> bool:
    if variable == to:
        return True
    if _mentions(to, variable):
        return False
    bound[variable.name] = to
    return True


def _mentions(of: Type, variable: Type) -> bool:
    return of == variable or any(_mentions(p, variable) for p in of.params)


def widest(bound: Bindings, left: Type, right: Type) -> Type:
    """The more general of two types that go together: dyn where either is."""
    return DYN if is_dynamic(resolve(left, bound)) or is_dynamic(resolve(right, bound)) else left


def erase(of: Type) -> Type:
    """What is left of unbound variables at the end: dyn."""
    if of.kind == "param":
        return DYN
    if not of.params:
        return of
    return Type(of.kind, tuple(erase(p) for p in of.params), of.name, of.fields, of.size)
