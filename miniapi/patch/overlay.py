"""A configuration laid over an object without owning anything: what mutating policies do (mutating/patch/smd.go)."""

from __future__ import annotations

from typing import Any

from miniapi.meta.objects import Object
from miniapi.patch.granular import List, Map
from miniapi.patch.node import Leaf, Node, Problems


class BadConfiguration(ValueError):
    """The configuration cannot be laid over the object; the message is the original's."""


def overlay(root: Node, live: Object, config: Object) -> Object:
    """A new object. BadConfiguration where the schema forbids it, or where something would be replaced as a whole."""
    problems: Problems = []
    root.validate(config, "", problems)
    if problems:
        told = ", ".join(f"{path}: {message}" for path, message in problems)
        raise BadConfiguration(f"error applying patch: failed to convert patch object to typed object: {told}")
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
    if isinstance(node, Leaf):
        return [path] if isinstance(value, (dict, list)) else []
    if isinstance(node, Map) and isinstance(value, dict):
        return [found for key, item in value.items() for found in _atomics(node.child(key), item, f"{path}.{key}")]
    if isinstance(node, List) and isinstance(value, list):
        return [found for i, item in enumerate(value) for found in _atomics(node.item, item, f"{path}[{i}]")]
    return []
