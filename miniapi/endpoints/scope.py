"""All that a verb needs to know of the resource it serves, compiled once (handlers.RequestScope)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from miniapi.admission.chain import AdmissionChain
from miniapi.clock import Clock
from miniapi.endpoints.context import Context
from miniapi.endpoints.table import Printer
from miniapi.kinds.kind import Kind, Subresource
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.patch.field_manager import FieldManager
from miniapi.patch.overlay import overlay
from miniapi.registry.resource import Versioned
from miniapi.schema.convert import ConvertError
from miniapi.schema.model import Schema
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.validation.interface import Validation
from miniapi.wire import Reply

Convert = Callable[[Object], tuple[Object, list[str]]]


def _unchanged(_obj: Object) -> None:
    return None


def _no_type(_gvk: GroupVersionKind) -> Schema | None:
    return None


class ResourceHandler(Protocol):
    """Serves a resource or subresource that is not plain storage (scale, eviction, reviews, token, ...)."""

    async def serve(self, context: Context, scope: Scope) -> Reply: ...


@dataclass(slots=True)
class Hooks:
    """What a kind's writes do beside the store: allocate addresses, refuse by what else exists.

    Every successful `before_*` of an object is followed by one `after_write` of the same dict.
    """

    before_create: Callable[[Object, WriteContext], Awaitable[None]] | None = None
    before_update: Callable[[Object, Object, WriteContext], Awaitable[None]] | None = None
    after_write: Callable[[Object, bool], Awaitable[None]] | None = None
    """(object, whether it was stored)."""
    after_delete: Callable[[Object], Awaitable[None]] | None = None


@dataclass(slots=True)
class Scope:
    """One kind, or one subresource of a kind."""

    kind: Kind
    subresource: Subresource | None
    versioned: Versioned
    gvk: GroupVersionKind
    """Kind of the bodies."""
    schema: Schema | None
    convert: Convert
    """Types, drops and orders the fields of a decoded body; reports unknown ones."""
    default: Callable[[Object], None]
    strategy: Strategy
    validation: Validation
    fields: FieldManager
    admission: AdmissionChain
    clock: Clock
    printer: Printer
    convert_applied: Convert | None = None
    """As `convert`, of what an apply made, where that differs: nulls that were applied stay."""
    null_empty_lists: Callable[[Object], None] = _unchanged
    """As stored protobuf reads them; run once who owns which field is known."""
    known_types: Callable[[GroupVersionKind], Schema | None] = _no_type
    """The schema of whatever type a body may name by mistake."""
    handler: ResourceHandler | None = None
    hooks: Hooks = field(default_factory=Hooks)
    min_request_timeout_seconds: int = 1800
    protobuf: bool = True
    """Whether the kind has a protobuf form."""
    tables: bool = True
    """Whether answers can be tables (rest.TableConvertor)."""

    def retyped(self, obj: Object, *, strict: bool = False) -> Object:
        """A changed object with the kind's types and defaults. Unknown fields of a custom object, and of any where it
        is not `strict`, are dropped. Raises ConvertError."""
        typed, unknown = self.convert(obj)
        if strict and unknown and not self.kind.custom:
            raise ConvertError("strict decoding error: " + ", ".join(unknown))
        self.default(typed)
        self.strategy.default(typed)
        return typed

    def overlaid(self, live: Object, config: Object) -> Object:
        """The object with a configuration laid over it, owned by nobody. Raises patch.overlay.BadConfiguration."""
        return overlay(self.fields.root, live, config)

    @property
    def unstructured(self) -> bool:
        """The bodies are custom objects: their type is what they say it is, and judged with the rest of them."""
        return self.kind.custom and self.gvk == self.kind.gvk

    @property
    def subresource_name(self) -> str:
        """Empty for the object itself."""
        return self.subresource.name if self.subresource else ""
