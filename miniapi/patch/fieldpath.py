"""Sets of field paths, kept in the very shape of `fieldsV1`.

A `Set` is a nested dict. Its keys are path elements: `f:NAME`, `k:{KEY FIELDS}`, `v:VALUE`, `i:INDEX`.
`{}` under a key says that the field itself is a member; otherwise `.` says so and the other keys lead
to members below. No set holds a node without members. Sets are shared: never changed once built.
After sigs.k8s.io/structured-merge-diff/fieldpath (Set, PathElement, serialize-pe).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

from miniapi.patch.go_format import quote, scalar

Set = dict[str, Any]
LEAF: Set = {}
"""The node of a field that is a member and has no members below. Shared; never changed."""
SELF = "."


def union(left: Set, right: Set) -> Set:
    """Members of either."""
    if not left or not right:
        return left or right
    out = dict(left)
    for key, theirs in right.items():
        ours = out.get(key)
        if ours is None:
            out[key] = theirs
        elif ours is not theirs:
            out[key] = _joined(ours, theirs)
    return out


def _joined(left: Set, right: Set) -> Set:
    if left and right:
        return union(left, right)
    node = left or right
    return node if not node or SELF in node else {SELF: LEAF, **node}


def intersection(left: Set, right: Set) -> Set:
    """Members of both."""
    if len(right) < len(left):
        left, right = right, left
    out: Set = {}
    for key, ours in left.items():
        theirs = right.get(key)
        if theirs is None:
            continue
        if ours and theirs:
            common = intersection(ours, theirs)
            if common:
                out[key] = LEAF if len(common) == 1 and SELF in common else common
        elif (not ours or SELF in ours) and (not theirs or SELF in theirs):
            out[key] = LEAF
    return out


def difference(left: Set, right: Set) -> Set:
    """Members of `left` that are not members of `right`; children of a removed member stay."""
    if not right:
        return left
    out: Set = {}
    for key, ours in left.items():
        theirs = right.get(key)
        if theirs is None:
            out[key] = ours
        elif not ours:
            if theirs and SELF not in theirs:
                out[key] = ours
        elif not theirs:
            out[key] = {k: v for k, v in ours.items() if k != SELF} if SELF in ours else ours
        else:
            rest = difference(ours, theirs)
            if rest:
                out[key] = LEAF if len(rest) == 1 and SELF in rest else rest
    return out


def recursive_difference(left: Set, right: Set) -> Set:
    """`left` without the members of `right` and all that lies below them."""
    if not right:
        return left
    out: Set = {}
    for key, ours in left.items():
        theirs = right.get(key)
        if theirs is None:
            out[key] = ours
        elif theirs and SELF not in theirs:
            rest = recursive_difference(ours, theirs) if ours else ours
            if rest or not ours:
                out[key] = LEAF if len(rest) == 1 and SELF in rest else rest
    return out


def has(fields: Set, path: tuple[str, ...]) -> bool:
    """Whether the field at `path` is a member."""
    for element in path:
        node = fields.get(element)
        if node is None:
            return False
        fields = node
    return not fields or SELF in fields


def of(*paths: tuple[str, ...]) -> Set:
    """The set of these paths."""
    out: Set = {}
    for path in paths:
        one: Set = LEAF
        for element in reversed(path):
            one = {element: one}
        out = union(out, one)
    return out


def walk(fields: Set, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Members in the order of Set.Iterate: at each level members first, then what lies below."""
    keys = sort_elements([k for k in fields if k != SELF])
    for key in keys:
        if not fields[key] or SELF in fields[key]:
            yield (*prefix, key)
    for key in keys:
        if fields[key]:
            yield from walk(fields[key], (*prefix, key))


def text(path: tuple[str, ...]) -> str:
    """`.spec.containers[name="c"].image`: a path as messages show it."""
    return "".join(map(element_text, path))


def element_text(element: str) -> str:
    """One path element as messages show it."""
    kind, rest = element[0], element[2:]
    if kind == "f":
        return "." + rest
    if kind == "i":
        return f"[{rest}]"
    value = orjson.loads(rest)
    if kind == "v":
        return f"[={_value_text(value)}]"
    return "[" + ",".join(f"{k}={_value_text(v)}" for k, v in value.items()) + "]"


def _value_text(value: Any) -> str:
    return quote(value) if isinstance(value, str) else scalar(value)


def value_json(value: Any) -> str:
    """JSON as Go's encoder writes it inside a path element (`<`, `>`, `&` escaped)."""
    out = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    if "<" in out or ">" in out or "&" in out or "\u2028" in out or "\u2029" in out:
        for char in "<>&\u2028\u2029":
            out = out.replace(char, f"\\u{ord(char):04x}")
    return out


def value_element(value: Any) -> str:
    """`v:...`: an item of a set."""
    return "v:" + value_json(value)


def key_element(keys: list[tuple[str, Any]]) -> str:
    """`k:{...}`: an item of a keyed list; `keys` must be sorted by name."""
    return "k:{" + ",".join(f'"{name}":{value_json(value)}' for name, value in keys) + "}"


def sort_elements(elements: list[str]) -> list[str]:
    """In PathElement order: `.`, fields, keys, values, indices; each by its value."""
    elements.sort()
    for element in reversed(elements):
        if element[0] in ".f":
            break
        if _OUT_OF_TEXT_ORDER.search(element):
            elements.sort(key=_order)
            break
    return elements


_OUT_OF_TEXT_ORDER = re.compile(r'^i:|^v:[^"]|":[^"]|[ !\\]')
"""Elements whose order is not that of their texts: with numbers, or characters that sort below a quote."""
_RANKS = {".": 0, "f": 1, "k": 2, "v": 3, "i": 4}


def _order(element: str) -> tuple[Any, ...]:
    kind = element[0]
    rank = _RANKS[kind]
    if kind == "k":
        return rank, [(name, *_value_order(value)) for name, value in orjson.loads(element[2:]).items()]
    if kind == "v":
        return (rank, *_value_order(orjson.loads(element[2:])))
    if kind == "i":
        return rank, int(element[2:])
    return rank, element


def _value_order(value: Any) -> tuple[int, Any]:
    """value.Compare: numbers, strings, booleans, then the rest."""
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, (int, float)):
        return 0, value
    return (1, value) if isinstance(value, str) else (3, value_json(value))


def ordered(fields: Set) -> Set:
    """The same set, its keys as the original writes them."""
    if len(fields) < 2:
        return {k: ordered(v) if v else v for k, v in fields.items()}
    usual = len(fields) <= _FEW and len("".join(fields)) <= _SHORT
    keys = _usual_order(tuple(fields)) if usual else sort_elements(list(fields))
    return {k: ordered(fields[k]) if fields[k] else fields[k] for k in keys}


_FEW, _SHORT = 32, 1024
"""Fields of most types, whose order is remembered: the same ones come again and again."""


@lru_cache(4096)
def _usual_order(elements: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sort_elements(list(elements)))


def decode(raw: Any) -> Set:
    """A set from `fieldsV1` that somebody else wrote, in canonical form. ValueError where it is malformed."""
    children, _ = _decode_node(raw)
    return ordered(children)


def _decode_node(raw: Any) -> tuple[Set, bool]:
    if not isinstance(raw, dict):
        raise ValueError("ReadMapCB: expect { or n")  # noqa: TRY004 - malformed input, not a wrong call
    children: Set = {}
    member = False
    for key, below in raw.items():
        if key == SELF:
            member = True
            continue
        element = decode_element(key)
        if element is None:
            continue
        grandchildren, child_is_member = _decode_node(below)
        node = {SELF: LEAF, **grandchildren} if child_is_member and grandchildren else grandchildren
        children[element] = node
    return children, member or not children


def decode_element(key: str) -> str | None:
    """A path element in canonical form, None for one of a kind that is not known. ValueError if malformed."""
    if len(key) < 2:
        raise ValueError("parsing key as path element: key must be 2 characters long:")
    if key[1] != ":":
        raise ValueError(f"parsing key as path element: missing colon: {key}")
    kind, rest = key[0], key[2:]
    if kind == "f":
        return key
    if kind == "i":
        return f"i:{int(rest)}"
    if kind == "v":
        return value_element(orjson.loads(rest))
    if kind == "k":
        keys = orjson.loads(rest)
        if not isinstance(keys, dict):
            raise ValueError("parsing key as path element: not an object")
        return key_element(sorted(keys.items()))
    return None
