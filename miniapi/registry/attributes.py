"""What selectors look at (apiserver/pkg/storage.AttrFunc)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object

Field = Callable[[Object], str]


class Attributes(NamedTuple):
    """One object's."""

    labels: Mapping[str, str]
    fields: Mapping[str, str]
    """By the name that field selectors use."""


def _name(obj: Object) -> str:
    return str(obj["metadata"].get("name", ""))


def _namespace(obj: Object) -> str:
    return str(obj["metadata"].get("namespace", ""))


def fields_of(kind: Kind) -> Mapping[str, Field]:
    """What the kind can be selected by beside its labels."""
    return {"metadata.name": _name, "metadata.namespace": _namespace, **kind.strategy.selectable_fields}


def attributes_of(kind: Kind) -> Callable[[Object], Attributes]:
    """Reads them off the kind's objects."""
    fields = fields_of(kind)

    def read(obj: Object) -> Attributes:
        return Attributes(obj["metadata"].get("labels") or {}, {name: get(obj) for name, get in fields.items()})

    return read
