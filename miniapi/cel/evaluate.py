"""Compiles a checked tree to nested functions. As in cel-go, `&&` and `||` forgive an error that does not count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from miniapi.cel import folds
from miniapi.cel.costs import Budget
from miniapi.cel.dispatch import fits, unfit
from miniapi.cel.problems import EvaluationError
from miniapi.cel.qualify import entry, has, optional_entry
from miniapi.cel.syntax import Bind, Call, Fold, ListNode, Literal, MapNode, Name, Node, Select, Struct
from miniapi.cel.types import Overload, Type
from miniapi.cel.values import NOTHING, Instance, Optional, no_overload

LIST_COST, MAP_COST, STRUCT_COST = 10, 30, 40


class Scope:
    """The variables of one evaluation and what it may still cost."""

    __slots__ = ("budget", "variables")

    def __init__(self, variables: dict[str, Any], budget: Budget) -> None:
        self.variables, self.budget = variables, budget


Run = Callable[[Scope], Any]


def compile_node(node: Node, constants: Mapping[str, Type]) -> Run:
    """f(scope): the value, or EvaluationError."""
    return _Compiler(constants).node(node)


class _Compiler:
    def __init__(self, constants: Mapping[str, Type]) -> None:
        self._constants = constants

    def node(self, node: Node) -> Run:
        match node:
            case Literal(value=value):
                return lambda _scope: value
            case Name():
                return self._name(node)
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case ListNode():
                return self._list(node)
            case MapNode():
                return self._map(node)
            case Struct():
                return self._struct(node)
            case Fold():
                return self._fold(node)
            case Bind():
                return self._bind(node)
        raise AssertionError(node)

    def _name(self, node: Name) -> Run:
        name = node.name
        constant = self._constants.get(name)

        def run(scope: Scope) -> Any:
            scope.budget.spend(1)
            try:
                return scope.variables[name]
            except KeyError:
                if constant is not None:
                    return constant.params[0]
                raise EvaluationError(f"no such attribute(s): {name}") from None

        return run

    def _select(self, node: Select) -> Run:
        if node.type.kind == "type" and not isinstance(node.operand.type.fields, Mapping):
            constant = self._constants.get(_dotted(node))
            if constant is not None:
                return lambda _scope: constant.params[0]
        operand, key = self.node(node.operand), node.key or node.field
        if node.test or node.optional:
            qualify = has if node.test else optional_entry
            return lambda scope: qualify(_spent(scope, operand), key)

        def run(scope: Scope) -> Any:
            scope.budget.spend(1)
            value = operand(scope)
            return value[key] if value.__class__ is dict and key in value else entry(value, key)

        return run

    def _call(self, node: Call) -> Run:
        special = _SPECIAL.get(node.function)
        operands = [self.node(o) for o in node.operands]
        if special is not None and node.target is None:
            return special(operands)
        choices = node.overloads
        if len(choices) == 1:
            return _direct(node.function, choices[0], operands, _unsure(choices[0], node))
        return _chosen(node.function, choices, operands)

    def _list(self, node: ListNode) -> Run:
        elements = [(self.node(e), i in node.optional) for i, e in enumerate(node.elements)]

        def run(scope: Scope) -> Any:
            scope.budget.spend(LIST_COST)
            out = []
            for element, optional in elements:
                value = element(scope)
                if not optional:
                    out.append(value)
                elif value.present:
                    out.append(value.value)
            return out

        return run

    def _map(self, node: MapNode) -> Run:
        entries = [(self.node(k), self.node(v), optional) for k, v, optional in node.entries]

        def run(scope: Scope) -> Any:
            scope.budget.spend(MAP_COST)
            out: dict[Any, Any] = {}
            for k, v, optional in entries:
                key, value = k(scope), v(scope)
                if key.__class__ in (list, dict):
                    raise EvaluationError("unsupported key type")
                if not optional:
                    out[key] = value
                elif value.present:
                    out[key] = value.value
            return out

        return run

    def _struct(self, node: Struct) -> Run:
        fields = [(name, self.node(value), optional) for name, value, optional, _ in node.fields]
        of = node.type if node.type.fields is None else None

        def run(scope: Scope) -> Any:
            scope.budget.spend(STRUCT_COST)
            out: dict[str, Any] = {}
            for name, value, optional in fields:
                made = value(scope)
                if not optional:
                    out[name] = made
                elif made.present:
                    out[name] = made.value
            return out if of is None else Instance(of, out)

        return run

    def _fold(self, node: Fold) -> Run:
        over, body = self.node(node.range), self.node(node.body)
        result = self.node(node.result) if node.result is not None else None
        fold = folds.FOLDS[node.kind]
        first, second = node.first, node.second

        def run(scope: Scope) -> Any:
            entries = folds.entries(over(scope), two=bool(second))
            inner = Scope(dict(scope.variables), scope.budget)

            def at(entry: tuple[Any, Any], what: Run) -> Any:
                inner.variables[first] = entry[0]
                if second:
                    inner.variables[second] = entry[1]
                return what(inner)

            scope.budget.spend(1)
            return fold(entries, scope.budget, lambda e: at(e, body), (lambda e: at(e, result)) if result else None)

        return run

    def _bind(self, node: Bind) -> Run:
        value, body, name, of = self.node(node.value), self.node(node.body), node.name, node.of
        if of == "bind":
            return _bound(name, value, body)

        def run(scope: Scope) -> Any:
            bound = value(scope)
            if bound.__class__ is not Optional:
                raise no_overload()
            if not bound.present:
                return NOTHING
            made = body(Scope({**scope.variables, name: bound.value}, scope.budget))
            return Optional(made, True) if of == "optMap" else made

        return run


def _bound(name: str, value: Run, body: Run) -> Run:
    def run(scope: Scope) -> Any:
        # In the original a loop over an empty list, which is made for it.
        scope.budget.spend(LIST_COST)
        return body(Scope({**scope.variables, name: value(scope)}, scope.budget))

    return run


def _spent(scope: Scope, operand: Run) -> Any:
    scope.budget.spend(1)
    return operand(scope)


def _dotted(node: Node) -> str:
    if isinstance(node, Select):
        return f"{_dotted(node.operand)}.{node.field}"
    return node.name if isinstance(node, Name) else ""


def _unsure(overload: Overload, node: Call) -> list[tuple[int, Type]]:
    """Which operands are known to be of the declared type only when there is a value."""
    pairs = enumerate(zip(overload.params, node.operands, strict=True))
    return [(i, wanted) for i, (wanted, o) in pairs if o.type != wanted and wanted.kind not in ("dyn", "param")]


def _direct(name: str, overload: Overload, operands: list[Run], unsure: list[tuple[int, Type]]) -> Run:
    function, cost = overload.run, overload.cost
    assert function is not None

    def run(scope: Scope) -> Any:
        args = [operand(scope) for operand in operands]
        if unsure and not all(fits(wanted, args[i]) for i, wanted in unsure):
            raise unfit(name, args)
        scope.budget.call(cost, args)
        try:
            return function(*args)
        except (TypeError, AttributeError):
            # A dynamic value of another type than declared.
            raise unfit(name, args) from None

    return run


def _chosen(name: str, overloads: tuple[Overload, ...], operands: list[Run]) -> Run:
    def run(scope: Scope) -> Any:
        args = [operand(scope) for operand in operands]
        for overload in overloads:
            if all(fits(wanted, arg) for wanted, arg in zip(overload.params, args, strict=True)):
                scope.budget.call(overload.cost, args)
                assert overload.run is not None
                return overload.run(*args)
        raise unfit(name, args)

    return run


def _boolean(value: Any) -> bool:
    if value.__class__ is not bool:
        raise no_overload()
    return bool(value)


def _decided_by(decisive: bool) -> Callable[[list[Run]], Run]:
    """`||` is decided by true and `&&` by false, whatever the other side is."""

    def compiled(operands: list[Run]) -> Run:
        left, right = operands

        def run(scope: Scope) -> Any:
            try:
                if _boolean(left(scope)) is decisive:
                    return decisive
            except EvaluationError as problem:
                if _boolean(right(scope)) is decisive:
                    return decisive
                raise problem from None
            return _boolean(right(scope))

        return run

    return compiled


def _qualified(qualify: Callable[[Any, Any], Any]) -> Callable[[list[Run]], Run]:
    """Indices are asked of whatever value there is: they have no overloads at run time."""

    def compiled(operands: list[Run]) -> Run:
        target, key = operands

        def run(scope: Scope) -> Any:
            args = [target(scope), key(scope)]
            scope.budget.call("", args)
            return qualify(*args)

        return run

    return compiled


def _conditional(operands: list[Run]) -> Run:
    condition, then, otherwise = operands
    return lambda scope: then(scope) if _boolean(condition(scope)) else otherwise(scope)


_SPECIAL: dict[str, Callable[[list[Run]], Run]] = {
    "_&&_": _decided_by(False),
    "_||_": _decided_by(True),
    "_?_:_": _conditional,
    "_[_]": _qualified(entry),
    "_[?_]": _qualified(optional_entry),
}
