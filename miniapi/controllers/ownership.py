"""Who belongs to whom: the graph that the garbage collector walks, without any I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from miniapi.meta.objects import Object
from miniapi.registry.deletion import FOREGROUND, ORPHAN


class Place(NamedTuple):
    """A collection, as requests name it."""

    group: str
    version: str
    plural: str
    namespaced: bool


@dataclass(frozen=True, slots=True)
class Node:
    """What the graph knows of an object."""

    uid: str
    place: Place
    namespace: str
    name: str
    owners: tuple[dict[str, Any], ...]
    """metadata.ownerReferences."""
    deleting: bool
    finalizers: frozenset[str]

    @property
    def waits_for_dependents(self) -> bool:
        """Deleted in the foreground: it goes when those that block it have gone."""
        return self.deleting and FOREGROUND in self.finalizers

    @property
    def orphans_dependents(self) -> bool:
        """Deleted, and leaving its dependents behind."""
        return self.deleting and ORPHAN in self.finalizers

    def blocks(self, owner: str) -> bool:
        """Whether this object keeps the owner from going."""
        return any(ref.get("uid") == owner and ref.get("blockOwnerDeletion") for ref in self.owners)


def node(place: Place, obj: Object) -> Node:
    """An object as the graph keeps it."""
    meta = obj["metadata"]
    return Node(
        meta["uid"],
        place,
        meta.get("namespace", ""),
        meta["name"],
        tuple(meta.get("ownerReferences") or ()),
        bool(meta.get("deletionTimestamp")),
        frozenset(meta.get("finalizers") or ()),
    )


class Ownership:
    """Objects by uid, and the dependents of each owner, whether it is known or not."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._dependents: dict[str, set[str]] = {}

    def get(self, uid: str) -> Node | None:
        """What is known of the object."""
        return self._nodes.get(uid)

    def known(self, place: Place) -> set[str]:
        """The uids of a collection's objects."""
        return {uid for uid, n in self._nodes.items() if n.place == place}

    def dependents(self, uid: str) -> Iterator[Node]:
        """Those that name it as an owner."""
        for dependent in list(self._dependents.get(uid, ())):
            found = self._nodes.get(dependent)
            if found is not None:
                yield found

    def put(self, new: Node) -> list[str]:
        """Takes an object in. -> uids to look at: its own where it belongs to others or waits, its waiting owners."""
        old = self._nodes.get(new.uid)
        self._unlink(old)
        self._nodes[new.uid] = new
        for ref in new.owners:
            self._dependents.setdefault(ref.get("uid", ""), set()).add(new.uid)
        looks = [new.uid] if new.owners or new.waits_for_dependents or new.orphans_dependents else []
        return looks + self._waiting(old)

    def drop(self, uid: str) -> list[str]:
        """Forgets an object that is gone. -> uids to look at: its dependents, and owners that waited for it."""
        old = self._nodes.pop(uid, None)
        self._unlink(old)
        return [n.uid for n in self.dependents(uid)] + self._waiting(old)

    def _unlink(self, old: Node | None) -> None:
        for ref in old.owners if old is not None else ():
            dependents = self._dependents.get(ref.get("uid", ""))
            if dependents is not None and old is not None:
                dependents.discard(old.uid)
                if not dependents:
                    del self._dependents[ref.get("uid", "")]

    def _waiting(self, dependent: Node | None) -> list[str]:
        owners = (self._nodes.get(ref.get("uid", "")) for ref in (dependent.owners if dependent is not None else ()))
        return [owner.uid for owner in owners if owner is not None and owner.waits_for_dependents]
