"""Finds, and on first use compiles, the scope of each built-in kind and subresource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from miniapi.admission.chain import AdmissionChain
from miniapi.clock import Clock
from miniapi.endpoints.scale import scale_printer
from miniapi.endpoints.scope import Hooks, ResourceHandler, Scope
from miniapi.endpoints.table import Printer
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind, Subresource
from miniapi.kube.served_versions import ServedVersions
from miniapi.meta.gvk import GroupVersionKind
from miniapi.patch.field_manager import FieldManager
from miniapi.registry.resource import Resource, Versioned
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.convert import converter
from miniapi.schema.default import defaulter
from miniapi.schema.empty_lists import nuller
from miniapi.schema.model import Schema
from miniapi.strategies.interface import Strategy

SCALE_KIND = "Scale"
Place = tuple[str, str, str]
"""(group, plural, subresource)."""
_WITHOUT_TABLES: frozenset[Place] = frozenset(
    {
        ("", "bindings", ""),
        ("", "namespaces", "finalize"),
        ("", "pods", "binding"),
        ("", "pods", "ephemeralcontainers"),
        ("", "pods", "eviction"),
        ("", "pods", "resize"),
        ("", "serviceaccounts", "token"),
        ("apiregistration.k8s.io", "apiservices", "status"),
        ("authentication.k8s.io", "selfsubjectreviews", ""),
        ("authentication.k8s.io", "tokenreviews", ""),
        ("authorization.k8s.io", "localsubjectaccessreviews", ""),
        ("authorization.k8s.io", "selfsubjectaccessreviews", ""),
        ("authorization.k8s.io", "selfsubjectrulesreviews", ""),
        ("authorization.k8s.io", "subjectaccessreviews", ""),
        ("certificates.k8s.io", "certificatesigningrequests", "approval"),
        ("resource.k8s.io", "resourceclaims", "status"),
        ("scheduling.k8s.io", "podgroups", "status"),
    }
)
"""What has no table convertor in the original."""


@dataclass(slots=True)
class KubeScopes:
    """Scopes of the catalog's kinds."""

    catalog: Catalog
    schemas: BuiltinSchemas
    resource_for: Callable[[Kind], Resource]
    printer_for: Callable[[Kind], Printer]
    admission: AdmissionChain
    clock: Clock
    min_request_timeout_seconds: int
    handlers: Mapping[Place, ResourceHandler] = field(default_factory=dict)
    hooks: Mapping[Place, Hooks] = field(default_factory=dict)
    _scopes: dict[tuple[str, str, str, str], Scope | None] = field(default_factory=dict)

    def find(self, group: str, version: str, resource: str, subresource: str) -> Scope | None:
        """None for what the server does not have, and for subresources that nothing serves yet."""
        place = (group, version, resource, subresource)
        try:
            return self._scopes[place]
        except KeyError:
            kind = self.catalog.find(group, version, resource)
            scope = None
            if kind is not None:
                scope = self._compile(kind, subresource)
                self._scopes[place] = scope
            return scope

    def _compile(self, kind: Kind, name: str) -> Scope | None:
        subresource: Subresource | None = None
        if name:
            subresource = kind.subresources.get(name)
            if subresource is None:
                return None
        place = (kind.gvk.group, kind.plural, name)
        handler = self.handlers.get(place)
        if subresource is not None and subresource.strategy is None and handler is None:
            return None
        strategy = (subresource.strategy or Strategy()) if subresource else kind.strategy
        validation = subresource.validation if subresource else kind.validation
        gvk = subresource.gvk if subresource else kind.gvk
        schema = self.schemas.schema(gvk)
        if schema is None:
            return None
        return Scope(
            kind=kind,
            subresource=subresource,
            versioned=Versioned(self.resource_for(kind), kind),
            gvk=gvk,
            schema=schema,
            convert=converter(schema),
            default=defaulter(schema),
            null_empty_lists=nuller(schema),
            strategy=strategy,
            validation=validation,
            fields=self._field_manager(kind, gvk, name, schema, strategy),
            admission=self.admission,
            clock=self.clock,
            printer=scale_printer(self.clock) if gvk.kind == SCALE_KIND else self.printer_for(kind),
            known_types=self.schemas.schema,
            handler=handler,
            hooks=self.hooks.get(place, Hooks()),
            min_request_timeout_seconds=self.min_request_timeout_seconds,
            protobuf=self.schemas.in_table(gvk),
            tables=place not in _WITHOUT_TABLES,
        )

    def _field_manager(
        self, kind: Kind, gvk: GroupVersionKind, name: str, schema: Schema, strategy: Strategy
    ) -> FieldManager:
        gvk = GroupVersionKind(*gvk)
        if gvk != kind.gvk:  # a scale has one version
            return FieldManager(schema, gvk, name, strategy.reset_fields)
        versions = ServedVersions(self.catalog, self.schemas, kind)
        return FieldManager(schema, gvk, name, strategy.reset_fields, versions.convert, versions.schema)
