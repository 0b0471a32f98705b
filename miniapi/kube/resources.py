"""One registry resource for each kind that the catalog serves, made on first use and shared by the kind's versions."""

from __future__ import annotations

from miniapi.clock import Clock
from miniapi.endpoints.table import Printer
from miniapi.kinds.columns import Columns
from miniapi.kinds.kind import Kind
from miniapi.kinds.printers.builtin import printing, row_conditions
from miniapi.registry.encoding import JsonForm
from miniapi.registry.resource import Resource
from miniapi.storage.interface import Store


class KubeResources:
    """Where built-in kinds are kept, and how they are printed."""

    def __init__(self, store: Store, event_ttl_seconds: int, clock: Clock) -> None:
        self._store, self._event_ttl_seconds, self._clock = store, event_ttl_seconds, clock
        self._resources: dict[str, Resource] = {}
        self._form = JsonForm()
        self._columns = Columns()

    def of(self, kind: Kind) -> Resource:
        """The kind's storage."""
        found = self._resources.get(kind.storage_prefix)
        if found is None:
            ttl = self._event_ttl_seconds if kind.gvk.kind == "Event" else 0
            found = self._resources[kind.storage_prefix] = Resource(
                self._store, kind.storage_prefix, self._form, namespaced=kind.namespaced, ttl_seconds=ttl
            )
        return found

    def printer(self, kind: Kind) -> Printer:
        """The kind's table."""
        place = (kind.gvk.group, kind.plural)
        return Printer(self._columns.of(kind), printing(*place), self._clock, row_conditions(*place))
