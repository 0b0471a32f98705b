"""Finds every node's type and every call's overloads, and complains as cel-go's checker does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from miniapi.cel import types
from miniapi.cel.problems import Problem
from miniapi.cel.syntax import Bind, Call, Fold, ListNode, Literal, MapNode, Name, Node, Select, Struct
from miniapi.cel.types import BOOL, DYN, ERROR, INT, NULL, STRING, Functions, Type
from miniapi.cel.values import dynamic_type

Variables = Mapping[str, Type]
Declared = Callable[[str], Type | None]
"""Finds an object type by the name that a literal of it has."""


def check(
    root: Node, variables: Variables, functions: Functions, constants: Mapping[str, Type], declared: Declared
) -> list[Problem]:
    """What is wrong; the nodes' types are set."""
    checker = _Checker(functions, constants, declared)
    checker.visit(root, dict(variables))
    checker.finish(root)
    return checker.problems


class _Checker:
    def __init__(self, functions: Functions, constants: Mapping[str, Type], declared: Declared) -> None:
        self._functions, self._constants, self._declared = functions, constants, declared
        self.problems: list[Problem] = []
        self._bound: types.Bindings = {}
        self._fresh = 0
        self._seen: list[Node] = []

    def finish(self, root: Node) -> None:
        """Replaces what is left of type variables."""
        for node in (*self._seen, root):
            node.type = types.erase(types.resolve(node.type, self._bound))

    def _complain(self, at: int, message: str) -> Type:
        problem = Problem(at, message)
        if problem not in self.problems:
            self.problems.append(problem)
        return ERROR

    def visit(self, node: Node, scope: dict[str, Type]) -> Type:
        """The node's type."""
        match node:
            case Literal():
                found = dynamic_type(node.value)
            case Name():
                found = self._name(node, scope)
            case Select():
                found = self._select(node, scope)
            case Call():
                found = self._call(node, scope)
            case ListNode():
                found = self._list(node, scope)
            case MapNode():
                found = self._map(node, scope)
            case Struct():
                found = self._struct(node, scope)
            case Fold():
                found = self._fold(node, scope)
            case Bind():
                found = self._bind(node, scope)
            case _:
                raise AssertionError(node)
        node.type = found
        self._seen.append(node)
        return found

    def _name(self, node: Name, scope: dict[str, Type]) -> Type:
        found = scope.get(node.name) or self._constants.get(node.name)
        if found is not None:
            return found
        return self._complain(node.at, f"undeclared reference to '{node.name}' (in container '')")

    def _qualified(self, node: Node) -> str:
        """`a.b` of names only, else empty."""
        if isinstance(node, Name):
            return node.name
        if isinstance(node, Select) and not node.test and not node.optional:
            prefix = self._qualified(node.operand)
            return f"{prefix}.{node.field}" if prefix else ""
        return ""

    def _select(self, node: Select, scope: dict[str, Type]) -> Type:
        name = self._qualified(node)
        if name and name.split(".")[0] not in scope and name in self._constants:
            return self._constants[name]
        operand = types.resolve(self.visit(node.operand, scope), self._bound)
        optional = node.optional
        if operand.kind == "optional_type":
            operand, optional = types.resolve(operand.params[0], self._bound), True
        found = self._field(node, operand)
        if node.test:
            return BOOL
        return types.optional_of(found) if optional and found is not ERROR else found

    def _field(self, node: Select, operand: Type) -> Type:
        node.key = node.field
        if types.is_dynamic(operand) or operand.kind == "param":
            return DYN
        if operand.kind == "map":
            return operand.params[1]
        if operand.kind == "object":
            if operand.fields is None:
                return DYN
            field = operand.fields.get(node.field) or operand.fields.get(f"__{node.field}__")
            if field is None:
                return self._complain(node.at, f"undefined field '{node.field}'")
            node.key = field.key
            return field.type
        if operand.kind == "opaque":
            return self._complain(node.at, f"unexpected failed resolution of '{operand}'")
        return self._complain(node.at, f"type '{operand}' does not support field selection")

    def _call(self, node: Call, scope: dict[str, Type]) -> Type:
        if node.target is not None:
            name = self._qualified(node.target)
            whole = f"{name}.{node.function}"
            if name and name.split(".")[0] not in scope and whole in self._functions:
                node.function, node.target = whole, None
        overloads = self._functions.get(node.function)
        mixed = node.function == "format"
        given = [
            self._mixed(operand, scope) if mixed and isinstance(operand, ListNode) else self.visit(operand, scope)
            for operand in node.operands
        ]
        if overloads is None:
            return self._complain(node.at, f"undeclared reference to '{node.function}' (in container '')")
        if node.function in ("_&&_", "_||_"):
            node.overloads = overloads
            fine = [self._truth(*side) for side in zip(node.operands, given, strict=True)]
            return BOOL if all(fine) else ERROR
        return self._overload(node, given)

    def _mixed(self, node: ListNode, scope: dict[str, Type]) -> Type:
        """A list whose elements need not be alike."""
        for position, element in enumerate(node.elements):
            self._element(element, scope, position in node.optional)
        node.type = types.list_of(DYN)
        return node.type

    def _overload(self, node: Call, given: list[Type]) -> Type:
        result: Type | None = None
        fitting = []
        method = node.target is not None
        for overload in self._functions[node.function]:
            if overload.method is not method or len(overload.params) != len(given):
                continue
            fresh = self._instance((*overload.params, overload.result))
            bound = dict(self._bound)
            if not all(types.assignable(w, g, bound) for w, g in zip(fresh[:-1], given, strict=True)):
                continue
            fitting.append(overload)
            found = types.resolve(fresh[-1], bound)
            if result is None:
                result, chosen = found, bound
            elif found != result:
                result = DYN
        if result is None:
            shown = [str(types.erase(types.resolve(g, self._bound))) for g in given]
            text = f"{shown[0]}.({', '.join(shown[1:])})" if method else f"({', '.join(shown)})"
            return self._complain(node.at, f"found no matching overload for '{node.function}' applied to '{text}'")
        if len(fitting) == 1:
            self._bound = chosen
        node.overloads = tuple(fitting)
        return result

    def _instance(self, of: tuple[Type, ...]) -> list[Type]:
        """The types with variables of their own."""
        self._fresh += 1
        names = {n: Type("param", name=f"_{n}{self._fresh}") for n in ("A", "B")}

        def renew(found: Type) -> Type:
            if found.kind == "param":
                return names[found.name]
            if not found.params:
                return found
            return Type(found.kind, tuple(renew(p) for p in found.params), found.name, found.fields, found.size)

        return [renew(t) for t in of]

    def _new_variable(self) -> Type:
        self._fresh += 1
        return Type("param", name=f"_var{self._fresh}")

    def _joined(self, have: Type | None, found: Type, at: int) -> Type:
        """The one type that the elements of a literal share."""
        if have is None or have is ERROR:
            return found
        if types.assignable(have, found, self._bound):
            return types.widest(self._bound, have, found)
        self._complain(
            at, f"expected type '{types.resolve(have, self._bound)}' but found '{types.resolve(found, self._bound)}'"
        )
        return have

    def _element(self, node: Node, scope: dict[str, Type], optional: bool) -> Type:
        found = types.resolve(self.visit(node, scope), self._bound)
        if not optional:
            return found
        if found.kind == "optional_type":
            return found.params[0]
        if types.is_dynamic(found):
            return DYN
        return self._complain(node.at, f"expected type 'optional_type({found})' but found '{found}'")

    def _list(self, node: ListNode, scope: dict[str, Type]) -> Type:
        item: Type | None = None
        for position, element in enumerate(node.elements):
            item = self._joined(item, self._element(element, scope, position in node.optional), element.at)
        return types.list_of(item or self._new_variable())

    def _map(self, node: MapNode, scope: dict[str, Type]) -> Type:
        key: Type | None = None
        value: Type | None = None
        for k, v, optional in node.entries:
            key = self._joined(key, self.visit(k, scope), k.at)
            value = self._joined(value, self._element(v, scope, optional), v.at)
        return types.map_of(key or self._new_variable(), value or self._new_variable())

    def _struct(self, node: Struct, scope: dict[str, Type]) -> Type:
        declared = self._declared(node.name)
        if declared is None:
            for _, value, _, _ in node.fields:
                self.visit(value, scope)
            return self._complain(node.at, f"undeclared reference to '{node.name}' (in container '')")
        for name, value, optional, at in node.fields:
            found = self._element(value, scope, optional)
            if declared.fields is None:
                continue
            field = declared.fields.get(name)
            if field is None:
                self._complain(at, f"undefined field '{name}'")
            elif not types.assignable(field.type, found, self._bound):
                self._complain(at, f"expected type of field '{name}' is '{field.type}' but provided type is '{found}'")
        return declared

    def _fold(self, node: Fold, scope: dict[str, Type]) -> Type:
        over = types.resolve(self.visit(node.range, scope), self._bound)
        if over.kind == "param":
            over = DYN
        first = second = DYN
        if over.kind == "list":
            first, second = (INT, over.params[0]) if node.second else (over.params[0], DYN)
        elif over.kind == "map":
            first, second = over.params
        elif not types.is_dynamic(over):
            self._complain(
                node.range.at,
                f"expression of type '{over}' cannot be range of a comprehension (must be list, map, or dynamic)",
            )
            first = second = ERROR
        inner = {**scope, node.first: first}
        if node.second:
            inner[node.second] = second
        condition = self.visit(node.body, inner)
        if node.kind in ("all", "exists"):
            self._truth(node.body, condition)
            return BOOL
        accumulated = self._accumulated(node, inner, over, first)
        self._condition(node, condition, accumulated)
        return BOOL if node.kind == "exists_one" else accumulated

    def _accumulated(self, node: Fold, scope: dict[str, Type], over: Type, first: Type) -> Type:
        """What the macro makes while it goes through."""
        if node.kind == "exists_one":
            return INT
        if node.kind == "filter":
            return types.list_of(first)
        assert node.result is not None
        made = self.visit(node.result, scope)
        if node.kind in ("map", "transformList"):
            return types.list_of(made)
        if node.kind == "transformMapEntry":
            return types.resolve(made, self._bound)
        return types.map_of(INT if over.kind == "list" else first, made)

    def _truth(self, node: Node, given: Type) -> bool:
        """Whether it may stand beside `&&` or `||`; complains where it may not."""
        found = types.resolve(given, self._bound)
        if found is ERROR or types.assignable(BOOL, found, self._bound):
            return True
        self._complain(node.at, f"expected type '{BOOL}' but found '{types.erase(found)}'")
        return False

    def _condition(self, node: Fold, given: Type, accumulated: Type) -> None:
        """The original makes `condition ? changed : unchanged` of it."""
        found = types.resolve(given, self._bound)
        if found is ERROR or types.assignable(BOOL, found, self._bound):
            return
        kept = types.erase(types.resolve(accumulated, self._bound))
        shown = f"({types.erase(found)}, {kept}, {kept})"
        self._complain(node.at, f"found no matching overload for '_?_:_' applied to '{shown}'")

    def _bind(self, node: Bind, scope: dict[str, Type]) -> Type:
        value = types.resolve(self.visit(node.value, scope), self._bound)
        if node.of != "bind":
            value = value.params[0] if value.kind == "optional_type" else DYN
        found = self.visit(node.body, {**scope, node.name: value})
        return types.optional_of(found) if node.of == "optMap" else found


TYPE_NAMES: Mapping[str, Type] = {
    "bool": types.type_of(BOOL),
    "int": types.type_of(INT),
    "uint": types.type_of(types.UINT),
    "double": types.type_of(types.DOUBLE),
    "string": types.type_of(STRING),
    "bytes": types.type_of(types.BYTES),
    "list": types.type_of(types.list_of(DYN)),
    "map": types.type_of(types.map_of(DYN, DYN)),
    "null_type": types.type_of(NULL),
    "type": types.type_of(types.type_of(DYN)),
    "google.protobuf.Timestamp": types.type_of(types.TIMESTAMP),
    "google.protobuf.Duration": types.type_of(types.DURATION),
    "optional_type": types.type_of(types.optional_of(DYN)),
}
"""Names of types, which are values too."""
