"""Calls that are not calls: has, the comprehensions and the macros of optionals."""

from __future__ import annotations

from miniapi.cel.problems import SyntaxProblem
from miniapi.cel.syntax import Bind, Call, Fold, ListNode, Literal, Name, Node, Select

_SIMPLE = "argument must be a simple name"
_ONE = ("all", "exists", "exists_one", "existsOne", "filter")
_TWO = ("all", "exists", "existsOne")
_SORTED, _SORT = "@__sortBy_input__", "@sortByAssociatedKeys"
"""A name that no text can write, and the function behind sortBy."""
_TRANSFORMS = ("transformList", "transformMap", "transformMapEntry")


def expand(call: Call) -> Node | None:
    """The node that a macro stands for; None for a plain call."""
    if call.target is None:
        return _has(call) if call.function == "has" and len(call.args) == 1 else None
    name, count = call.function, len(call.args)
    if name in ("optMap", "optFlatMap") and count == 2:
        variable = _variable(call.args[0], f"{name}() variable name must be a simple identifier")
        return Bind(call.at, variable, call.target, call.args[1], of=name)
    if name == "sortBy" and count == 2:
        return _sort_by(call)
    if name in _ONE and count == 2:
        kind = "exists_one" if name == "existsOne" else name
        return Fold(call.at, kind, call.target, _variable(call.args[0], _SIMPLE), "", call.args[1])
    if name == "map" and count in (2, 3):
        variable = _variable(call.args[0], "argument is not an identifier")
        if count == 2:
            return Fold(call.at, "map", call.target, variable, "", _always(call), call.args[1])
        return Fold(call.at, "map", call.target, variable, "", call.args[1], call.args[2])
    if name in _TWO and count == 3:
        first, second = _pair(call)
        kind = "exists_one" if name == "existsOne" else name
        return Fold(call.at, kind, call.target, first, second, call.args[2])
    if name in _TRANSFORMS and count in (3, 4):
        first, second = _pair(call)
        body = call.args[2] if count == 4 else _always(call)
        return Fold(call.at, name, call.target, first, second, body, call.args[-1])
    return None


def _sort_by(call: Call) -> Node:
    """The list under a name of its own, sorted by what is made of each entry."""
    target = call.target
    if not isinstance(target, ListNode | Select | Name | Fold | Bind | Call):
        assert target is not None
        why = "sortBy can only be applied to a list, identifier, comprehension, call or select expression"
        raise SyntaxProblem(target.at, why)
    variable = _variable(call.args[0], "argument is not an identifier")
    keys = Fold(call.at, "map", Name(call.at, _SORTED), variable, "", _always(call), call.args[1])
    return Bind(call.at, _SORTED, target, Call(call.at, _SORT, Name(call.at, _SORTED), [keys]), of="bind")


def _always(call: Call) -> Node:
    return Literal(call.at, True)


def _variable(node: Node, complaint: str) -> str:
    if not isinstance(node, Name):
        raise SyntaxProblem(node.at, complaint)
    if node.name == "__result__":
        raise SyntaxProblem(node.at, "iteration variable overwrites accumulator variable")
    return node.name


def _pair(call: Call) -> tuple[str, str]:
    first, second = _variable(call.args[0], _SIMPLE), _variable(call.args[1], _SIMPLE)
    if first == second:
        raise SyntaxProblem(call.args[1].at, f"duplicate variable name: {first}")
    return first, second


def _has(call: Call) -> Node:
    node = call.args[0]
    if not isinstance(node, Select) or node.optional:
        raise SyntaxProblem(node.at, "invalid argument to has() macro")
    return Select(call.at, node.operand, node.field, test=True)
