"""Tables: the rows that `kubectl get` shows, made on the server (meta.k8s.io Table)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from miniapi.clock import Clock
from miniapi.meta.objects import Object

Cells = Callable[[Object, Any], list[Any]]
"""(object, now) -> one cell per column."""


def _as_it_is(obj: Object) -> Object:
    return obj


def _no_conditions(_obj: Object) -> list[dict[str, Any]]:
    return []


@dataclass(frozen=True, slots=True)
class Printer:
    """A kind's columns and how its cells are made."""

    columns: Sequence[dict[str, Any]]
    """TableColumnDefinition objects."""
    cells: Cells
    clock: Clock
    conditions: Callable[[Object], list[dict[str, Any]]] = _no_conditions
    """TableRowConditions, e.g. Completed."""
    internal: Callable[[Object], Object] = _as_it_is
    """The object as the internal version, which is printed, has it: without what stands for fields in annotations."""
    no_rows: Sequence[Object] | None = ()
    """The rows of an empty list: null where the original's default convertor makes them."""

    def table(self, objects: Sequence[Object], meta: dict[str, Any], version: str, include: str = "Metadata") -> Object:
        """The Table of these objects; each row carries the object's metadata unless `include` says otherwise."""
        now = self.clock()
        list_meta = {k: v for k, v in meta.items() if k in ("resourceVersion", "continue", "remainingItemCount")}
        return {
            "kind": "Table",
            "apiVersion": f"meta.k8s.io/{version or 'v1'}",
            "metadata": list_meta,
            "columnDefinitions": list(self.columns),
            "rows": [self._row(o, now, version, include) for o in objects] or self.no_rows,
        }

    def _row(self, obj: Object, now: Any, version: str, include: str) -> dict[str, Any]:
        shown = self.internal(obj)
        row: dict[str, Any] = {"cells": self.cells(shown, now)}
        if conditions := self.conditions(shown):
            row["conditions"] = conditions
        if include == "Object":
            row["object"] = obj
        elif include == "None":
            row["object"] = None
        else:
            row["object"] = {
                "kind": "PartialObjectMetadata",
                "apiVersion": f"meta.k8s.io/{version or 'v1'}",
                "metadata": shown.get("metadata") or {},
            }
        return row
