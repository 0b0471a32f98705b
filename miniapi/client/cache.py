"""What an informer knows: objects by namespace and name, and by indexes over what they say (client-go's Indexer)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from miniapi.meta.objects import Object
from miniapi.wire import Held

Key = tuple[str, str]
"""(namespace, name); the namespace of cluster-scoped objects is empty."""
IndexFunction = Callable[[Object], Sequence[str]]


class Cache:
    """The current objects of one informer."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, Held]] = {}
        self._indexes: dict[str, tuple[IndexFunction, dict[str, set[Key]]]] = {}
        self._indexed: dict[Key, dict[str, Sequence[str]]] = {}

    def get(self, key: Key) -> Held | None:
        """None where there is none."""
        return self._held.get(key[0], {}).get(key[1])

    def __iter__(self) -> Iterator[Held]:
        for of_namespace in list(self._held.values()):
            yield from list(of_namespace.values())

    def __len__(self) -> int:
        return sum(len(of_namespace) for of_namespace in self._held.values())

    def of_namespace(self, namespace: str) -> list[Held]:
        """A namespace's."""
        return list(self._held.get(namespace, {}).values())

    def is_empty(self, namespace: str) -> bool:
        """Whether there is none in a namespace."""
        return namespace not in self._held

    def put(self, held: Held) -> Held | None:
        """Stores; returns what it replaces."""
        namespace, name = held.key
        of_namespace = self._held.setdefault(namespace, {})
        old = of_namespace.get(name)
        of_namespace[name] = held
        if self._indexes:
            self._forget(held.key)
            self._index(held, self._indexes)
        return old

    def drop(self, key: Key) -> Held | None:
        """Removes; returns what was there."""
        of_namespace = self._held.get(key[0], {})
        old = of_namespace.pop(key[1], None)
        if not of_namespace:
            self._held.pop(key[0], None)
        self._forget(key)
        return old

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Indexes what is there and what will come. ValueError for a name that is taken."""
        if name in self._indexes:
            raise ValueError(f"there is an index {name} already")
        self._indexes[name] = (function, {})
        for held in self:
            self._index(held, (name,))

    def by_index(self, name: str, value: str) -> list[Held]:
        """The objects for which the index's function gave the value; KeyError for an index that is not there."""
        keys = self._indexes[name][1].get(value, ())
        return [held for key in keys if (held := self.get(key)) is not None]

    def index_values(self, name: str) -> list[str]:
        """Every value of the index."""
        return list(self._indexes[name][1])

    def _index(self, held: Held, names: Sequence[str] | dict[str, tuple[IndexFunction, dict[str, set[Key]]]]) -> None:
        obj = held.object()
        for name in names:
            function, keys = self._indexes[name]
            values = function(obj)
            self._indexed.setdefault(held.key, {})[name] = values
            for value in values:
                keys.setdefault(value, set()).add(held.key)

    def _forget(self, key: Key) -> None:
        for name, values in self._indexed.pop(key, {}).items():
            keys = self._indexes[name][1]
            for value in values:
                of_value = keys.get(value)
                if of_value is not None:
                    of_value.discard(key)
                    if not of_value:
                        del keys[value]


def by_namespace(obj: Object) -> Sequence[str]:
    """An index function: the object's namespace."""
    return (obj["metadata"].get("namespace", ""),)


def by_owner(obj: Object) -> Sequence[str]:
    """An index function: the uids of the object's owners."""
    return tuple(reference["uid"] for reference in obj["metadata"].get("ownerReferences") or ())
