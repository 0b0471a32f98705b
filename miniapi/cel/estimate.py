"""What an expression can cost at most, before it runs (cel-go checker/cost.go, apiserver/pkg/cel/library/cost.go).

Sizes come from declared types (`Type.size`); what has none is as large as it may be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.cel.syntax import Bind, Call, Fold, ListNode, Literal, MapNode, Name, Node, Select, Struct
from miniapi.cel.types import Type

UNBOUNDED = 2**64 - 1
_SCALARS = frozenset({"bool", "int", "uint", "double", "duration", "timestamp"})
_SELECTED = frozenset({"map", "object", "param"})
_LIST, _MAP, _STRUCT = 10, 30, 40


def capped(cost: int) -> int:
    """Within 64 bits."""
    return min(cost, UNBOUNDED)


def tenth(size: int) -> int:
    """Looking at each character once."""
    return -(-size // 10)


def fifth(size: int) -> int:
    """Looking at each character twice."""
    return -(-size // 5)


def estimate(root: Node) -> int:
    """The highest cost."""
    return _Estimator().cost(root)


class _Estimator:
    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        self._names: dict[str, list[int | None]] = {}

    def cost(self, node: Node) -> int:
        """Of a node and all below."""
        match node:
            case Literal():
                return 0
            case Name():
                return 1
            case Select(operand=operand, test=test):
                return capped(self.cost(operand) + (not test and operand.type.kind in _SELECTED))
            case Call():
                return self._call(node)
            case ListNode(elements=elements):
                self._sizes[id(node)] = len(elements)
                return capped(_LIST + sum(self.cost(e) for e in elements))
            case MapNode(entries=entries):
                self._sizes[id(node)] = len(entries)
                return capped(_MAP + sum(self.cost(k) + self.cost(v) for k, v, _ in entries))
            case Struct(fields=fields):
                return capped(_STRUCT + sum(self.cost(v) for _, v, _, _ in fields))
            case Fold():
                return self._fold(node)
            case Bind():
                return self._bind(node)
        raise AssertionError(node)

    def size(self, node: Node) -> int:
        """The most characters, bytes or entries."""
        known = self._sizes.get(id(node))
        if known is not None:
            return known
        if isinstance(node, Literal):
            return len(node.value) if isinstance(node.value, (str, bytes)) else 1
        if isinstance(node, Call) and node.function != "_[_]":
            return self._unsized(node.type)
        if isinstance(node, Name) and self._names.get(node.name):
            bound = self._names[node.name][-1]
            if bound is not None:
                return bound
        return self._type_size(node.type)

    def _type_size(self, of: Type) -> int:
        return of.size if of.size is not None else self._unsized(of)

    def _unsized(self, of: Type) -> int:
        return 1 if of.kind in _SCALARS else UNBOUNDED

    def item_size(self, node: Node) -> int:
        """The text in a list's items, 0 for items that are no text."""
        item = node.type.params[0] if node.type.kind == "list" else None
        return self._type_size(item) if item is not None and item.kind in ("string", "bytes") else 0

    def _call(self, node: Call) -> int:
        costs = [self.cost(o) for o in node.operands]
        if node.function in ("_&&_", "_||_"):
            return capped(sum(costs))
        if node.function == "_?_:_":
            sizes = [self.size(n) for n in node.args[1:]]
            self._sizes[id(node)] = max(sizes)
            return capped(costs[0] + max(costs[1:]))
        rule = _RULES.get(node.function)
        own = rule(self, node) if rule is not None else 1
        return capped(sum(costs) + own)

    def result(self, node: Node, size: int) -> None:
        """Notes how large a result can be."""
        self._sizes[id(node)] = capped(size)

    def _fold(self, node: Fold) -> int:
        cost = self.cost(node.range)
        count = self.size(node.range)
        self._sizes[id(node)] = count
        for name in (node.first, node.second):
            self._names.setdefault(name, []).append(None)
        body = self.cost(node.body)
        result = self.cost(node.result) if node.result is not None else 0
        for name in (node.first, node.second):
            self._names[name].pop()
        before, step = _STEPS[node.kind]
        return capped(cost + before + count * (step + body + result))

    def _bind(self, node: Bind) -> int:
        cost = self.cost(node.value)
        bound = node.value.type.params[0] if node.value.type.params else node.value.type
        size = self.size(node.value) if node.of == "bind" else self._unsized(bound)
        self._names.setdefault(node.name, []).append(size)
        body = self.cost(node.body)
        self._names[node.name].pop()
        self._sizes[id(node)] = self.size(node.body) if node.of == "bind" else UNBOUNDED
        return capped(cost + body + (_LIST if node.of == "bind" else 1))


_STEPS = {
    "all": (1, 3),
    "exists": (1, 4),
    "exists_one": (2, 2),
    "filter": (11, 13),
    "map": (11, 12),
    "transformList": (11, 12),
    "transformMap": (31, 12),
    "transformMapEntry": (31, 2),
}
"""By macro: what it costs once, and with each element beside its body."""

_Rule = Callable[[_Estimator, Call], int]


def _first_text(e: _Estimator, node: Call) -> int:
    return tenth(e.size(node.operands[0]))


def _first_text_kept(e: _Estimator, node: Call) -> int:
    size = e.size(node.operands[0])
    e.result(node, size)
    return tenth(size)


def _text_argument(e: _Estimator, node: Call) -> int:
    """What is no address yet has to be read."""
    return tenth(e.size(node.args[0])) if node.args[0].type.kind == "string" else 0


def _kept(e: _Estimator, node: Call) -> int:
    e.result(node, e.size(node.args[0]))
    return 1


def _argument(e: _Estimator, node: Call) -> int:
    return tenth(e.size(node.operands[-1]))


def _contains(e: _Estimator, node: Call) -> int:
    return tenth(e.size(node.operands[0])) * tenth(e.size(node.operands[1]))


def _matches(e: _Estimator, node: Call) -> int:
    text = e.size(node.operands[0])
    e.result(node, text)
    return tenth(text + 1) * -(-e.size(node.operands[1]) // 4)


def _compared(e: _Estimator, node: Call) -> int:
    left, right = node.args
    if not node.function.endswith("=_") or node.function in ("_<=_", "_>=_"):
        # The order of what is no text takes one step.
        if left.type.kind not in _TEXTS and right.type.kind not in _TEXTS:
            return 1
    elif left.type.kind in _ALIKE and right.type.kind in _ALIKE:
        return 1
    return tenth(min(e.size(left), e.size(right)))


def _joined(e: _Estimator, node: Call) -> int:
    left, right = node.args
    if left.type.kind in _SCALARS and right.type.kind in _SCALARS:
        return 1
    total = capped(e.size(left) + e.size(right))
    e.result(node, total)
    return 1 if node.type.kind == "list" else tenth(total)


def _members(e: _Estimator, node: Call) -> int:
    return e.size(node.args[1]) if node.args[1].type.kind == "list" else 1


def _elements(e: _Estimator, node: Call) -> int:
    target = node.operands[0]
    if target.type.kind == "string":
        return tenth(e.size(target))
    return e.size(target) * (1 + tenth(e.item_size(target)))


def _replace(e: _Estimator, node: Call) -> int:
    size, old, new = (e.size(o) for o in node.operands[:3])
    least = old if isinstance(node.args[0], Literal) else 0
    e.result(node, (-(-size // least) if least else size + 1) * max(new, 1) if new else size)
    return tenth(size)


def _split(e: _Estimator, node: Call) -> int:
    size = e.size(node.operands[0])
    limit: Any = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], Literal) else None
    e.result(node, limit if isinstance(limit, int) and limit >= 0 else size)
    return fifth(size)


def _join(e: _Estimator, node: Call) -> int:
    count = e.size(node.operands[0])
    item = e.item_size(node.operands[0])
    separator = e.size(node.args[0]) if node.args else 0
    total = capped(count * (item + separator))
    e.result(node, total)
    return tenth(total)


def _sets(e: _Estimator, node: Call) -> int:
    return capped(1 + e.size(node.args[0]) * e.size(node.args[1]))


def _rearranged(e: _Estimator, node: Call) -> int:
    """A call that makes a list of another (ext/lists.go)."""
    texts = node.type.kind == "list" and node.type.params[0].kind in ("string", "bytes")
    if node.function in ("slice", "lists.range"):
        bounds = [n.value if isinstance(n, Literal) else None for n in node.args]
        end = bounds[-1] if isinstance(bounds[-1], int) else e.size(node.operands[0])
        start = bounds[0] if len(bounds) > 1 and isinstance(bounds[0], int) else 0
        made = steps = max(0, end - start)
        if node.function == "lists.range" and bounds[0] is None:
            made = steps = UNBOUNDED
    else:
        made = steps = e.size(node.operands[0])
        if node.function == "flatten" and node.args:
            depth = node.args[0]
            steps = capped(steps * (depth.value if isinstance(depth, Literal) else UNBOUNDED))
        elif node.function in ("distinct", "sort", "@sortByAssociatedKeys"):
            made = capped(made * made)
            steps = int(made * 2.1) if texts and node.function != "distinct" else made * 2
    e.result(node, made)
    return capped(steps + 1 + _LIST)


_TEXTS, _ALIKE = frozenset({"string", "bytes", "dyn"}), frozenset({"opaque"})

_RULES: dict[str, _Rule] = {
    **dict.fromkeys(("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"), _compared),
    **dict.fromkeys(("isSorted", "sum", "min", "max", "indexOf", "lastIndexOf"), _elements),
    **dict.fromkeys(("lowerAscii", "upperAscii", "substring", "trim", "strings.quote"), _first_text_kept),
    **dict.fromkeys(
        ("url", "semver", "isSemver", "quantity", "isQuantity", "bytes", "cidr", "isIP", "isCIDR"), _first_text
    ),
    **dict.fromkeys(("find", "findAll", "matches"), _matches),
    **dict.fromkeys(("startsWith", "endsWith", "validate"), _argument),
    **dict.fromkeys(("sets.contains", "sets.intersects", "sets.equivalent"), _sets),
    **dict.fromkeys(
        ("slice", "flatten", "lists.range", "reverse", "distinct", "sort", "@sortByAssociatedKeys"), _rearranged
    ),
    "_+_": _joined,
    **dict.fromkeys(("type", "dyn"), _kept),
    "ip.isCanonical": lambda e, node: fifth(e.size(node.args[0])),
    "ip": lambda e, node: 1 if node.target is not None else tenth(e.size(node.args[0])),
    "containsIP": lambda e, node: 4 + _text_argument(e, node),
    "containsCIDR": lambda e, node: 7 + _text_argument(e, node),
    "@in": _members,
    "contains": _contains,
    "replace": _replace,
    "split": _split,
    "join": _join,
}
"""By function; everything else costs 1."""
