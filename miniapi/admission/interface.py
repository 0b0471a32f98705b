"""Admission: who may change a request (Mutator) and who may refuse it (Validator).

A plugin is one file with a class that has `name`, and `admit` or `validate` or both. Plugins read the
cluster through a `Lister` (shared informers or the registry), never through the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind, GroupVersionResource
from miniapi.meta.objects import Object
from miniapi.meta.user import UserInfo

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]


@dataclass(slots=True)
class Reinvocation:
    """A second round of the mutators, for those that want to see what later ones made of the object.

    A mutator that changed the object sets `wanted` where an earlier one asks to be called again; in the second
    round, which is the last, `running` is set. `memory` holds what a plugin, by its name, must know then.
    """

    wanted: bool = False
    running: bool = False
    memory: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Attributes:
    """One write as admission sees it (admission.Attributes)."""

    operation: Operation
    kind: Kind
    subresource: str
    namespace: str
    name: str
    """Empty while generateName has not been resolved."""
    obj: Object | None
    """The object to be written: mutators change it in place. None for DELETE."""
    old: Object | None
    """What is stored: UPDATE and DELETE."""
    user: UserInfo
    now: datetime
    dry_run: bool = False
    options: Object = field(default_factory=dict)
    """CreateOptions, UpdateOptions, DeleteOptions of the request, or a CONNECT's own."""
    warnings: list[str] = field(default_factory=list)
    """Sent to the client as Warning headers."""
    audit_annotations: dict[str, str] = field(default_factory=dict)
    gvk: GroupVersionKind = GroupVersionKind("", "", "")
    """Kind of `obj` where it differs from `kind.gvk` (Scale, Eviction, Binding); filled by the caller."""
    reinvocation: Reinvocation | None = None
    """Made by the first mutator that needs one."""

    @property
    def resource(self) -> GroupVersionResource:
        """Group, version, plural."""
        return self.kind.gvr


@runtime_checkable
class Mutator(Protocol):
    """Changes `attributes.obj` in place; raises errors.ApiError to refuse."""

    name: str

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        """Asked once per kind, operation and subresource, then remembered."""
        ...

    async def admit(self, attributes: Attributes) -> None: ...


@runtime_checkable
class Validator(Protocol):
    """Looks, and raises errors.ApiError to refuse."""

    name: str

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool: ...

    async def validate(self, attributes: Attributes) -> None: ...


class Lister(Protocol):
    """Reads current objects: what plugins need of informers. Objects are shared: read, never change."""

    async def get(self, group: str, plural: str, namespace: str, name: str) -> Object | None:
        """None where it does not exist. Namespace is empty for cluster-scoped kinds."""
        ...

    async def list(self, group: str, plural: str, namespace: str = "") -> Sequence[Object]:
        """All of a namespace, or of the cluster."""
        ...


class Writer(Protocol):
    """What the few plugins and controllers that write may do, with the loopback identity."""

    async def create(self, group: str, version: str, plural: str, namespace: str, obj: Object) -> Object: ...

    async def update(
        self, group: str, version: str, plural: str, namespace: str, obj: Object, subresource: str = ""
    ) -> Object: ...

    async def delete(self, group: str, version: str, plural: str, namespace: str, name: str) -> object: ...
