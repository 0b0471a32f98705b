"""A configuration laid over an object without owning anything: what mutating policies do (mutating/patch/smd.go)."""

from __future__ import annotations

from typing import Any

from miniapi.meta.objects import Object
from miniapi.patch.granular import List, Map
from miniapi.patch.node import Atomic, AtomicItems, Leaf, Node
from miniapi.patch.typed import InvalidValue, check


class BadConfiguration(ValueError):
    """The configuration cannot be laid over the object; the message is the original's."""


def overlay(root: Node, live: Object, config: Object) -> Object:
    """A new object. BadConfiguration where the schema forbids it, or where something would be replaced as a whole."""
    try:
        check(root, config)
    except InvalidValue as problem:
        told = f"error applying patch: failed to convert patch object to typed object: {problem}"
        raise BadConfiguration(told) from None
    whole = _atomics(root, config, "")
    if whole:
        raise BadConfiguration(
            "error applying patch: invalid ApplyConfiguration: "
            f"may not mutate atomic arrays, maps or structs: {', '.join(whole)}"
        )
    merged: Object = root.merge(live, config)
    return merged


def _atomics(node: Node, value: Any, path: str) -> list[str]:
    """Paths of lists and maps that are owned as one: they would lose what the configuration does not name."""
    if isinstance(node, Atomic):
        return ([path] if isinstance(value, (dict, list)) else []) + _atomics(node.inner, value, path)
    if isinstance(node, AtomicItems) and isinstance(value, list):
        return [path, *_atomics_in(node.item, value, path)]
    if isinstance(node, Leaf):
        return [path] if isinstance(value, (dict, list)) else []
    if isinstance(node, Map) and isinstance(value, dict):
        # As in the original, what lies under free keys is not looked at.
        named = ((key, item) for key, item in value.items() if key in node.named)
        return [found for key, item in named for found in _atomics(node.child(key), item, f"{path}.{key}")]
    if isinstance(node, List) and isinstance(value, list):
        return _atomics_in(node.item, value, path)
    return []


def _atomics_in(item: Node, value: list[Any], path: str) -> list[str]:
    return [found for i, one in enumerate(value) for found in _atomics(item, one, f"{path}[{i}]")]
