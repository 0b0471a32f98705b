"""Compiled nodes of values whose children are owned one by one: maps, sets and keyed lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from miniapi.meta.objects import copy
from miniapi.patch.fieldpath import LEAF, SELF, Set, element_text, key_element, value_element
from miniapi.patch.go_format import quote
from miniapi.patch.node import MODIFIED, Difference, Node, Problem, Problems, wrapped_text
from miniapi.schema.model import MISSING


class Map:
    """Named fields, free keys, or both."""

    __slots__ = ("_lookup", "element", "fields", "named", "zeros")

    def __init__(
        self, named: frozenset[str], lookup: Callable[[str], Node], element: Node | None, zeros: Mapping[str, Any]
    ) -> None:
        self.named = named
        self.fields: dict[str, Node] = {}
        """Named fields in use, compiled on first sight."""
        self._lookup = lookup
        self.element = element
        """Of keys without a name; None where there may be none."""
        self.zeros = zeros
        """What a missing field means where the original writes it always (non-pointer structs and the like)."""

    def child(self, key: str) -> Node:
        """The node of one key."""
        node = self.fields.get(key)
        if node is None:
            if key not in self.named and self.element is not None:
                return self.element
            node = self._lookup(key)
            if key in self.named:
                self.fields[key] = node
        return node

    def whole(self, value: Any) -> Set:
        """Itself and every key."""
        if not value or not isinstance(value, dict):
            return LEAF
        out: Set = {SELF: LEAF}
        child = self.child
        for key, below in value.items():
            out["f:" + key] = child(key).whole(below)
        return out

    def compare(self, old: Any, new: Any) -> Difference:
        """Key by key."""
        if not (old or new) or not isinstance(old or {}, dict) or not isinstance(new or {}, dict):
            return MODIFIED
        before: dict[str, Any] = old or {}
        after: dict[str, Any] = new or {}
        changed: Set = {}
        removed: Set = {}
        zeros = self.zeros
        for key, value in after.items():
            was = before.get(key, MISSING)
            if was is MISSING:
                was = zeros.get(key, MISSING)
                if was is MISSING:
                    changed["f:" + key] = self.child(key).whole(value)
                    continue
            if was != value:
                more, less = self.child(key).compare(was, value)
                if more is not None:
                    changed["f:" + key] = more
                if less is not None:
                    removed["f:" + key] = less
        for key, value in before.items():
            if key not in after:
                zero = zeros.get(key, MISSING)
                if zero is MISSING:
                    removed["f:" + key] = self.child(key).whole(value)
                elif zero != value:
                    more, less = self.child(key).compare(value, zero)
                    if more is not None:
                        changed["f:" + key] = more
                    if less is not None:
                        removed["f:" + key] = less
        return changed or None, removed or None

    def field_set(self, value: Any) -> Set | None:
        """Named fields only through what they hold; other keys are members themselves."""
        if not isinstance(value, dict):
            return None
        out: Set = {}
        named = self.named
        for key, below in value.items():
            if below is None or below == {}:
                out["f:" + key] = LEAF
                continue
            fields = self.child(key).field_set(below)
            if key not in named:
                fields = {SELF: LEAF, **fields} if fields else LEAF
            if fields is not None:
                out["f:" + key] = fields
        return out or None

    def merge(self, live: Any, config: Any) -> Any:
        """Key by key; null and empty maps of the configuration take nothing away."""
        if not live or not isinstance(live, dict):
            return copy(config)
        if not config:
            return copy(live)
        out = {}
        for key, value in live.items():
            theirs = config.get(key, MISSING)
            out[key] = copy(value) if theirs is MISSING else self.child(key).merge(value, theirs)
        for key, value in config.items():
            if key not in live:
                out[key] = copy(value)
        return out

    def remove(self, value: Any, fields: Set) -> Any:
        """Members vanish; what lies around them stays, if only as an empty map."""
        if not isinstance(value, dict):
            return copy(value)
        out = {}
        for key, below in value.items():
            node = fields.get("f:" + key)
            if node is None:
                out[key] = copy(below)
            elif node and SELF not in node:
                out[key] = self.child(key).remove(below, node)
        return out

    def ensure_named(self, fields: Set) -> Set:
        """Each named field with members below is a member."""
        out: Set = {}
        for key, node in fields.items():
            if node and key[0] == "f":
                name = key[2:]
                below = self.child(name).ensure_named(node)
                out[key] = {SELF: LEAF, **below} if name in self.named and SELF not in below else below
            else:
                out[key] = node
        return out

    def reconcile(self, fields: Set) -> Set:
        """Below each field; unknown ones stay as they are."""
        out = fields
        for key, node in fields.items():
            if node and key[0] == "f":
                now = self.child(key[2:]).reconcile(node)
                if now is not node:
                    out = dict(out) if out is fields else out
                    out[key] = now
        return out

    def validate(self, value: Any, path: str, problems: Problems) -> None:
        """Each key's value; a key that the schema does not know ends the check of this map."""
        if value is None:
            return
        if not isinstance(value, dict):
            problems.append(Problem(path, f"expected map, got {wrapped_text(value)}"))
            return
        for key, below in value.items():
            if self.element is None and key not in self.named:
                problems.append(Problem(f"{path}.{key}", "field not declared in schema"))
                return
            self.child(key).validate(below, f"{path}.{key}", problems)


class BadItem(ValueError):
    """A list item that has no path element."""


class SetElements:
    """Items of a set are named by their values."""

    __slots__ = ()

    def __call__(self, item: Any) -> str:
        """The item's path element; BadItem."""
        if isinstance(item, dict):
            raise BadItem("associative list without keys has an element that's a map type")
        if isinstance(item, list):
            raise BadItem("not supported: associative list with lists as elements")
        if item is None:
            raise BadItem("associative list without keys has an element that's an explicit null")
        return value_element(item)


_SHORT = 64


@lru_cache(4096)
def _text_key(name: str, value: str) -> str:
    return key_element([(name, value)])


class KeyElements:
    """Items of a keyed list are named by their key fields; a missing key takes its default."""

    __slots__ = ("defaults", "keys")

    def __init__(self, keys: tuple[str, ...], defaults: Mapping[str, Any]) -> None:
        self.keys = keys
        self.defaults = defaults

    def __call__(self, item: Any) -> str:
        """The item's path element; BadItem."""
        if item is None:
            raise BadItem("associative list with keys may not have a null element")
        if not isinstance(item, dict):
            raise BadItem("associative list with keys may not have non-map elements")
        if len(self.keys) == 1 and isinstance(text := item.get(self.keys[0]), str) and len(text) <= _SHORT:
            return _text_key(self.keys[0], text)
        found = []
        for key in sorted(self.keys):
            value = item.get(key, MISSING)
            if value is MISSING:
                value = self.defaults.get(key, MISSING)
            if value is not MISSING:
                found.append((key, value))
        if not found:
            names = " ".join(map(quote, self.keys))
            raise BadItem(
                f"associative list with keys has an element that omits all key fields [{names}]"
                " (and doesn't have default values for any key fields)"
            )
        return key_element(found)


class List:
    """A set, or a list whose items are named by keys."""

    __slots__ = ("element_of", "item")

    def __init__(self, element_of: Callable[[Any], str], item: Node) -> None:
        self.element_of = element_of
        self.item = item

    def _index(self, items: Any) -> tuple[dict[str, Any], dict[str, list[Any]]]:
        """Items by path element, and those of them that occur more than once. BadItem."""
        found: dict[str, Any] = {}
        repeated: dict[str, list[Any]] = {}
        for item in items if isinstance(items, list) else ():
            element = self.element_of(item)
            if element in found:
                repeated.setdefault(element, [found[element]]).append(item)
            else:
                found[element] = item
        return found, repeated

    def whole(self, value: Any) -> Set:
        """Itself and every item."""
        found, repeated = self._index(value)
        out: Set = {SELF: LEAF} if found else {}
        for element, item in found.items():
            out[element] = LEAF if element in repeated else self.item.whole(item)
        return out or LEAF

    def compare(self, old: Any, new: Any) -> Difference:
        """Item by item; items with the same name are compared as one."""
        if not (old or new):
            return MODIFIED
        before, before_repeated = self._index(old)
        after, after_repeated = self._index(new)
        changed: Set = {}
        removed: Set = {}
        for element, item in after.items():
            was = before.get(element, MISSING)
            more: Set | None = None
            less: Set | None = None
            if element in after_repeated:
                if element in before_repeated:
                    more = LEAF if before_repeated[element] != after_repeated[element] else None
                else:
                    more = LEAF
                    less = None if was is MISSING else self.item.whole(was)
            elif element in before_repeated:
                more, less = self.item.whole(item), LEAF
            elif was is MISSING:
                more = self.item.whole(item)
            elif was != item:
                more, less = self.item.compare(was, item)
            if more is not None:
                changed[element] = more
            if less is not None:
                removed[element] = less
        for element, item in before.items():
            if element not in after:
                removed[element] = LEAF if element in before_repeated else self.item.whole(item)
        return changed or None, removed or None

    def field_set(self, value: Any) -> Set | None:
        """Every item is a member."""
        found, repeated = self._index(value)
        out: Set = {}
        for element, item in found.items():
            below = None if element in repeated else self.item.field_set(item)
            out[element] = {SELF: LEAF, **below} if below else LEAF
        return out or None

    def merge(self, live: Any, config: Any) -> Any:
        """Items of both, shared ones in the order of the configuration."""
        if not live or not isinstance(live, list):
            return copy(config)
        if not config:
            return copy(live)
        left = [self.element_of(item) for item in live]
        theirs = {self.element_of(item): item for item in config}
        right = list(theirs)
        mine: dict[str, Any] = {}
        for element, item in zip(left, live, strict=True):
            mine.setdefault(element, item)
        shared = iter([element for element in right if element in mine])
        wanted = next(shared, None)
        out: list[Any] = []
        taken: set[str] = set()
        i = j = 0
        while i < len(left) or j < len(right):
            if i < len(left):
                element = left[i]
                if element not in theirs:
                    out.append(copy(live[i]))
                    i += 1
                    continue
                if element in taken or (j < len(right) and element not in (right[j], wanted) and wanted is not None):
                    i += 1
                    continue
            if j < len(right):
                element = right[j]
                taken.add(element)
                item = theirs[element]
                out.append(self.item.merge(mine[element], item) if element in mine else copy(item))
                if element == wanted:
                    wanted = next(shared, None)
                if i < len(left) and left[i] == element:
                    i += 1
                j += 1
            else:
                i += 1
        return out

    def remove(self, value: Any, fields: Set) -> Any:
        """Members vanish; others lose what is named below them."""
        if not isinstance(value, list):
            return copy(value)
        out = []
        for item in value:
            try:
                node = fields.get(self.element_of(item))
            except BadItem:
                node = None
            if node is None:
                out.append(copy(item))
            elif node and SELF not in node:
                out.append(self.item.remove(item, node))
        return out

    def ensure_named(self, fields: Set) -> Set:
        """Below keyed items."""
        return {k: self.item.ensure_named(v) if v and k[0] == "k" else v for k, v in fields.items()}

    def reconcile(self, fields: Set) -> Set:
        """Below each item."""
        out = fields
        for key, node in fields.items():
            if node and key != SELF:
                now = self.item.reconcile(node)
                if now is not node:
                    out = dict(out) if out is fields else out
                    out[key] = now
        return out

    def validate(self, value: Any, path: str, problems: Problems) -> None:
        """Names are unique; an item without a name ends the check of this list."""
        if value is None:
            return
        if not isinstance(value, list):
            problems.append(Problem(path, f"expected list, got {wrapped_text(value)}"))
            return
        seen: set[str] = set()
        for index, item in enumerate(value):
            try:
                element = self.element_of(item)
            except BadItem as problem:
                problems.append(Problem(path, f"element {index}: {problem}"))
                return
            shown = element_text(element)
            if element in seen:
                problems.append(Problem(path, f"duplicate entries for key {shown}", repeated=True))
            seen.add(element)
            self.item.validate(item, path + shown, problems)
