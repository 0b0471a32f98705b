"""What a compiled schema node can do with a value, and the nodes without owned children.

A node is made once per schema node and answers for values of its type: which fields a value sets,
what differs between two values, how a configuration merges into a live value. After
sigs.k8s.io/structured-merge-diff/typed (validate, tofieldset, compare, merge, remove).
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol

from miniapi.meta.objects import copy
from miniapi.patch.fieldpath import LEAF, SELF, Set
from miniapi.patch.go_format import plain, syntax, type_name
from miniapi.schema.model import MISSING

Difference = tuple[Set | None, Set | None]
"""(added or modified, removed), each relative to the value's own path; None: nothing."""
MODIFIED: Difference = (LEAF, None)
ScalarKind = Literal["numeric", "string", "boolean", "untyped"]


class Problem(NamedTuple):
    """One violation of the schema."""

    path: str
    message: str
    repeated: bool = False
    """An item that is there twice, which only configurations may not have."""


Problems = list[Problem]


class Node(Protocol):
    """One compiled schema node."""

    def whole(self, value: Any) -> Set:
        """The fields of a value that was not there before, itself included."""

    def compare(self, old: Any, new: Any) -> Difference:
        """How two values differ that are known to be unequal."""

    def field_set(self, value: Any) -> Set | None:
        """The fields that `value` sets (ToFieldSet); None where it sets none."""

    def merge(self, live: Any, config: Any) -> Any:
        """`config` laid over `live`, as a new value. Neither is MISSING."""

    def remove(self, value: Any, fields: Set) -> Any:
        """`value` without what `fields` names below it, as a new value."""

    def ensure_named(self, fields: Set) -> Set:
        """`fields` with each named field on the way to a member (EnsureNamedFieldsAreMembers)."""

    def reconcile(self, fields: Set) -> Set:
        """`fields`, written under an older schema, as this one sees them (ReconcileFieldSetWithSchema).

        What has become atomic since is owned as one. What was atomic stays owned by its own path only.
        """

    def validate(self, value: Any, path: str, problems: Problems) -> None:
        """Adds what the schema forbids."""


class Leaf:
    """A value that is owned as one: nothing below it is a field of its own."""

    __slots__ = ()

    def whole(self, value: Any) -> Set:
        """One member."""
        del value
        return LEAF

    def compare(self, old: Any, new: Any) -> Difference:
        """Modified as a whole."""
        del old, new
        return MODIFIED

    def field_set(self, value: Any) -> Set | None:
        """One member."""
        del value
        return LEAF

    def merge(self, live: Any, config: Any) -> Any:
        """The configuration wins."""
        del live
        return copy(config)

    def remove(self, value: Any, fields: Set) -> Any:
        """Nothing below can be removed."""
        del fields
        return copy(value)

    def ensure_named(self, fields: Set) -> Set:
        """No named fields here."""
        return fields

    def reconcile(self, fields: Set) -> Set:
        """What was granular is owned as one now."""
        return LEAF if fields else fields

    def validate(self, value: Any, path: str, problems: Problems) -> None:
        """Anything goes."""


class Scalar(Leaf):
    """A number, string or boolean."""

    __slots__ = ("kind",)

    def __init__(self, kind: ScalarKind) -> None:
        self.kind = kind

    def reconcile(self, fields: Set) -> Set:
        """Scalars stay as they are."""
        return fields

    def validate(self, value: Any, path: str, problems: Problems) -> None:
        """Null is always fine."""
        if value is None:
            return
        kind = self.kind
        if kind == "string":
            if not isinstance(value, str):
                wrapped = f"&value.valueUnstructured{{Value:{syntax(value)}}}"
                problems.append(Problem(path, f"expected string, got {wrapped}"))
        elif kind == "numeric":
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                problems.append(Problem(path, f"expected numeric (int or float), got {type_name(value)}"))
        elif kind == "boolean":
            if not isinstance(value, bool):
                problems.append(Problem(path, f"expected boolean, got {wrapped_text(value)}"))
        elif isinstance(value, (dict, list)):
            problems.append(Problem(path, f"expected any scalar, got {wrapped_text(value)}"))


class Atomic(Leaf):
    """A list or map that is owned as one; `inner` only checks its content."""

    __slots__ = ("inner",)

    def __init__(self, inner: Node) -> None:
        self.inner = inner

    def validate(self, value: Any, path: str, problems: Problems) -> None:
        """The content still has types."""
        self.inner.validate(value, path, problems)


class AtomicItems(Leaf):
    """The content of an atomic list."""

    __slots__ = ("item",)

    def __init__(self, item: Node) -> None:
        self.item = item

    def validate(self, value: Any, path: str, problems: Problems) -> None:
        """Each item, named by its index."""
        if value is None:
            return
        if not isinstance(value, list):
            problems.append(Problem(path, f"expected list, got {wrapped_text(value)}"))
            return
        for index, item in enumerate(value):
            self.item.validate(item, f"{path}[{index}]", problems)


class Deduced:
    """A value without a schema: maps are granular, lists and scalars are leaves."""

    __slots__ = ()

    def whole(self, value: Any) -> Set:
        """Maps with all that lies below."""
        if not isinstance(value, dict) or not value:
            return LEAF
        return {SELF: LEAF, **{"f:" + k: self.whole(v) for k, v in value.items()}}

    def compare(self, old: Any, new: Any) -> Difference:
        """By key between maps; a change of type modifies the field and adds or removes what was below."""
        old_map, new_map = isinstance(old, dict), isinstance(new, dict)
        if not (old or new) or not (old_map or new_map):
            return MODIFIED
        if not old_map and old is not None:
            return ({SELF: LEAF, **self._below(new)} if new else LEAF), None
        if not new_map and new is not None:
            return LEAF, self._below(old) or None
        changed: Set = {}
        removed: Set = {}
        before, after = old or {}, new or {}
        for key, value in after.items():
            was = before.get(key, MISSING)
            if was is MISSING:
                changed["f:" + key] = self.whole(value)
            elif was != value:
                more, less = self.compare(was, value)
                if more is not None:
                    changed["f:" + key] = more
                if less is not None:
                    removed["f:" + key] = less
        for key, value in before.items():
            if key not in after:
                removed["f:" + key] = self.whole(value)
        return changed or None, removed or None

    def _below(self, value: dict[str, Any]) -> Set:
        return {"f:" + k: self.whole(v) for k, v in value.items()}

    def field_set(self, value: Any) -> Set | None:
        """Each key of a map is a member."""
        if isinstance(value, dict) and value:
            return {"f:" + k: self._member(v) for k, v in value.items()}
        return LEAF

    def _member(self, value: Any) -> Set:
        below = self.field_set(value)
        return {SELF: LEAF, **below} if below else LEAF

    def merge(self, live: Any, config: Any) -> Any:
        """By key between maps, else the configuration."""
        if not isinstance(live, dict) or not live or not (isinstance(config, dict) or config is None):
            return copy(config)
        out = copy(live)
        for key, value in (config or {}).items():
            out[key] = self.merge(live[key], value) if key in live else copy(value)
        return out

    def remove(self, value: Any, fields: Set) -> Any:
        """By key in maps."""
        if not isinstance(value, dict):
            return copy(value)
        out = {}
        for key, below in value.items():
            node = fields.get("f:" + key)
            if node is None:
                out[key] = copy(below)
            elif node and SELF not in node:
                out[key] = self.remove(below, node)
        return out

    def ensure_named(self, fields: Set) -> Set:
        """No named fields here."""
        return fields

    def reconcile(self, fields: Set) -> Set:
        """Schemaless sets stay as they are."""
        return fields

    def validate(self, value: Any, path: str, problems: Problems) -> None:
        """Anything goes."""


def wrapped_text(value: Any) -> str:
    """How `%v` shows the original's wrapper of a decoded value."""
    return "&{" + plain(value) + "}"
