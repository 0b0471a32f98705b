"""Kubernetes' quantities (apiserver/pkg/cel/library/quantity.go)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from miniapi.cel import types
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import BOOL, DOUBLE, INT, STRING, Overload, Type, opaque
from miniapi.meta import quantity

QUANTITY_TYPE = opaque("kubernetes.Quantity")


@dataclass(slots=True, frozen=True)
class CelQuantity:
    """A quantity; equal ones are of one size, however they are written."""

    value: quantity.Quantity
    cel_type: ClassVar[Type] = QUANTITY_TYPE

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CelQuantity) and quantity.compare(self.value, other.value) == 0

    def __hash__(self) -> int:
        return hash(quantity.scaled_value(self.value))

    def __str__(self) -> str:
        return str(self.value)


def parse(text: str) -> CelQuantity:
    """quantity(text)."""
    try:
        return CelQuantity(quantity.parse(text))
    except ValueError as problem:
        raise EvaluationError(str(problem)) from None


def _is(text: str) -> bool:
    try:
        quantity.parse(text)
    except ValueError:
        return False
    return True


def _compare(a: CelQuantity, b: CelQuantity) -> int:
    return quantity.compare(a.value, b.value)


def _as_quantity(value: CelQuantity | int) -> quantity.Quantity:
    return value.value if isinstance(value, CelQuantity) else quantity.parse(str(value))


def _add(a: CelQuantity, b: CelQuantity | int) -> CelQuantity:
    return CelQuantity(quantity.add(a.value, _as_quantity(b)))


def _subtract(a: CelQuantity, b: CelQuantity | int) -> CelQuantity:
    return CelQuantity(quantity.subtract(a.value, _as_quantity(b)))


def _is_integer(q: CelQuantity) -> bool:
    whole = CelQuantity(quantity.parse(str(quantity.scaled_value(q.value))))
    return whole == q and abs(quantity.scaled_value(q.value)) < 2**63


def _as_integer(q: CelQuantity) -> int:
    if not _is_integer(q):
        raise EvaluationError("cannot convert value to integer")
    return quantity.scaled_value(q.value)


def _as_float(q: CelQuantity) -> float:
    return quantity.scaled_value(q.value, -9) / 1e9


def _method(params: tuple[Type, ...], result: Type, run: Callable[..., Any]) -> Overload:
    return Overload((QUANTITY_TYPE, *params), result, run, method=True)


FUNCTIONS: types.Functions = {
    "isQuantity": (Overload((STRING,), BOOL, _is, cost="target"),),
    "quantity": (Overload((STRING,), QUANTITY_TYPE, parse, cost="target"),),
    "sign": (Overload((QUANTITY_TYPE,), INT, lambda q: quantity.sign(q.value)),),
    "isGreaterThan": (_method((QUANTITY_TYPE,), BOOL, lambda a, b: _compare(a, b) > 0),),
    "isLessThan": (_method((QUANTITY_TYPE,), BOOL, lambda a, b: _compare(a, b) < 0),),
    "compareTo": (_method((QUANTITY_TYPE,), INT, _compare),),
    "asApproximateFloat": (_method((), DOUBLE, _as_float),),
    "asInteger": (_method((), INT, _as_integer),),
    "isInteger": (_method((), BOOL, _is_integer),),
    "add": (_method((QUANTITY_TYPE,), QUANTITY_TYPE, _add), _method((INT,), QUANTITY_TYPE, _add)),
    "sub": (_method((QUANTITY_TYPE,), QUANTITY_TYPE, _subtract), _method((INT,), QUANTITY_TYPE, _subtract)),
}
