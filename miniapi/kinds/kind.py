"""A kind is a row: its names, its verbs, and the values that say what is special about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from miniapi.meta.gvk import GroupVersionKind, GroupVersionResource
from miniapi.meta.objects import Object
from miniapi.schema.model import Schema
from miniapi.strategies.interface import Strategy
from miniapi.validation.interface import Validation


@dataclass(frozen=True, slots=True)
class Subresource:
    """A path below an object. Those without `strategy` are served by a ResourceHandler or answer 404."""

    name: str
    verbs: tuple[str, ...]
    gvk: GroupVersionKind
    """Kind of its body, e.g. autoscaling/v1 Scale."""
    strategy: Strategy | None = None
    validation: Validation = Validation()


@dataclass(frozen=True, slots=True)
class SharedForm:
    """The version in which objects lie in a store that a kube-apiserver may read, where no server serves it."""

    gvk: GroupVersionKind
    write: Callable[[Object], Object]
    read: Callable[[Object], Object]


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource in one version."""

    gvk: GroupVersionKind
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    strategy: Strategy = Strategy()
    validation: Validation = Validation()
    schema: Callable[[], Schema | None] = field(default=lambda: None)
    """The kind's schema, built on first use."""
    storage_gvk: GroupVersionKind | None = None
    """The version that is stored, where it is another one (HPA v1 -> v2, events)."""
    to_storage: Callable[[Object], Object] | None = None
    """Converts this version to `storage_gvk`."""
    from_storage: Callable[[Object], Object] | None = None
    shared_form: SharedForm | None = None
    """Of objects in etcd, where that is another version still."""
    storage_prefix: str = ""
    """Part of the key between the etcd prefix and the namespace, e.g. `services/specs`, `pods`."""
    list_kind: str = ""
    """Where it is not the kind and `List`."""
    custom: bool = False
    """Defined by a CustomResourceDefinition."""
    deprecated: str = ""
    """Warning to send with every answer, where the version is deprecated."""

    @property
    def gvr(self) -> GroupVersionResource:
        """Group, version and plural."""
        return GroupVersionResource(self.gvk.group, self.gvk.version, self.plural)

    @property
    def group_resource(self) -> str:
        """`deployments.apps`, `pods`."""
        return f"{self.plural}.{self.gvk.group}" if self.gvk.group else self.plural

    @property
    def list_gvk(self) -> GroupVersionKind:
        """The list kind."""
        return GroupVersionKind(self.gvk.group, self.gvk.version, self.list_kind or self.gvk.kind + "List")
