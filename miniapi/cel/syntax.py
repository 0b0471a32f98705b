"""The syntax tree. Every node knows where it stands in the text; the checker notes its type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from miniapi.cel.types import DYN, Overload, Type


@dataclass(slots=True, eq=False)
class Node:
    """`at` is the offset that complaints point to."""

    at: int
    type: Type = field(default=DYN, init=False)


@dataclass(slots=True, eq=False)
class Literal(Node):
    """A value as written."""

    value: Any


@dataclass(slots=True, eq=False)
class Name(Node):
    """A variable or a type."""

    name: str


@dataclass(slots=True, eq=False)
class Select(Node):
    """`operand.field`, `operand.?field`, or with `test` has(operand.field)."""

    operand: Node
    field: str
    test: bool = False
    optional: bool = False
    key: str = ""
    """The field's name in the data, which may hold what a name in CEL may not."""


@dataclass(slots=True, eq=False)
class Call(Node):
    """A function, an operator (`_+_`), or a method of `target`."""

    function: str
    target: Node | None
    args: list[Node]
    overloads: tuple[Overload, ...] = ()
    """Those that fit by what the checker knows."""

    @property
    def operands(self) -> list[Node]:
        """Target and arguments."""
        return self.args if self.target is None else [self.target, *self.args]


@dataclass(slots=True, eq=False)
class ListNode(Node):
    """`[a, ?b]`."""

    elements: list[Node]
    optional: frozenset[int] = frozenset()


@dataclass(slots=True, eq=False)
class MapNode(Node):
    """`{k: v, ?k: v}`."""

    entries: list[tuple[Node, Node, bool]]


@dataclass(slots=True, eq=False)
class Struct(Node):
    """`Name{field: value}`."""

    name: str
    fields: list[tuple[str, Node, bool, int]]
    """(name, value, optional, offset)."""


@dataclass(slots=True, eq=False)
class Fold(Node):
    """A macro that goes through a list or a map: `kind` is its name, `first` and `second` its variables."""

    kind: str
    range: Node
    first: str
    second: str
    body: Node
    """The condition of all, exists, exists_one and filter; the filter of map, transformList and transformMap."""
    result: Node | None = None
    """What map and transform* make of an element."""


@dataclass(slots=True, eq=False)
class Bind(Node):
    """A name for a value in `body`: for what an optional holds, or for the list that sortBy sorts."""

    name: str
    value: Node
    body: Node
    of: str
    """`optMap`, `optFlatMap` or, of any value, `bind`."""


def children(node: Node) -> list[Node]:
    """The nodes directly below."""
    match node:
        case Select():
            return [node.operand]
        case Call():
            return node.operands
        case ListNode():
            return node.elements
        case MapNode():
            return [part for k, v, _ in node.entries for part in (k, v)]
        case Struct():
            return [value for _, value, _, _ in node.fields]
        case Fold():
            return [node.range, node.body, *([node.result] if node.result is not None else [])]
        case Bind():
            return [node.value, node.body]
    return []


def names(node: Node) -> set[str]:
    """All names that are used in the tree."""
    own = {node.name} if isinstance(node, Name) else set[str]()
    return own.union(*(names(child) for child in children(node)))
