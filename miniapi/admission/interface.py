"""Admission: who may change a request (Mutator) and who may refuse it (Validator).

A plugin is one file with a class that has `name`, and `admit` or `validate` or both. Plugins read the
cluster through a `Lister` (shared informers or the registry), never through the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind, GroupVersionResource
from miniapi.meta.objects import Object, copy
from miniapi.meta.user import UserInfo

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]


HookKey = tuple[str, str, int]
"""(configuration, webhook or policy, position): what may be asked a second time."""


@dataclass(slots=True)
class Reinvocation:
    """Mutators that saw an object which others changed after them are asked once more (reinvocationPolicy)."""

    second_round: bool = False
    requested: bool = False
    """A webhook or policy changed the object: all mutators run again."""
    eligible: set[HookKey] = field(default_factory=set)
    """Those that ran, and want to see later changes."""
    due: set[HookKey] = field(default_factory=set)
    """Those to be asked in the second round."""
    _left: Object | None = None

    def begin(self, obj: Object | None) -> None:
        """Before the webhooks of a round; what others changed since the last round is a change like any other."""
        if self.second_round and obj != self._left:
            self._all_due()

    def changed(self) -> None:
        """Before the one that changed the object is eligible itself."""
        self._all_due()
        self.requested = True

    def end(self, obj: Object | None) -> None:
        """After the webhooks of a round."""
        self._left = copy(obj)

    def _all_due(self) -> None:
        self.due |= self.eligible
        self.eligible.clear()


class Retype(Protocol):
    """`strict`: fields that the kind has not are an error of their own."""

    def __call__(self, obj: Object, *, strict: bool = False) -> Object: ...


def _as_it_is(obj: Object, *, strict: bool = False) -> Object:
    del strict
    return obj


def _no_overlay(obj: Object, config: Object) -> Object:
    raise ValueError("there is no schema to lay a configuration over the object by")


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
    retype: Retype = _as_it_is
    """Gives a changed object the kind's types and defaults again. Raises schema.convert.ConvertError."""
    overlay: Callable[[Object, Object], Object] = _no_overlay
    """(object, configuration) -> the object with the configuration laid over it. Raises ValueError."""
    reinvocation: Reinvocation = field(default_factory=Reinvocation)

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
