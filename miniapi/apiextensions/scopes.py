"""From a definition to what the endpoints need of each of its versions, compiled on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from miniapi import errors
from miniapi.admission.chain import AdmissionChain
from miniapi.apiextensions.columns import printer
from miniapi.apiextensions.conversion import VersionSchemas
from miniapi.apiextensions.converting_store import ConvertingStore
from miniapi.apiextensions.definition import is_true, schema_of, storage_version, versions
from miniapi.apiextensions.kinds import kind_of
from miniapi.apiextensions.resource import CustomResource
from miniapi.apiextensions.scale import custom_scale
from miniapi.apiextensions.strategy import status_strategy
from miniapi.apiextensions.validation import CustomRules, Rules, custom_rules, custom_validation
from miniapi.apiextensions.webhook_conversion import Caller, WebhookConversion
from miniapi.clock import Clock
from miniapi.endpoints.scale import scale_printer
from miniapi.endpoints.scope import Convert, Hooks, Scope
from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.patch.field_manager import FieldManager
from miniapi.registry.resource import Resource, Versioned
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.coerce import coercer
from miniapi.schema.convert import converter
from miniapi.schema.crd import structural
from miniapi.schema.default import defaulter
from miniapi.schema.model import Schema
from miniapi.strategies.interface import WriteContext
from miniapi.validation.structural_schema import mentions

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_TERMINATING = "create not allowed while custom resource definition is terminating"


@dataclass(frozen=True, slots=True)
class World:
    """What all definitions share."""

    storage_for: Callable[[Kind], Resource]
    schemas: BuiltinSchemas
    admission: AdmissionChain
    clock: Clock
    webhooks: Caller
    min_request_timeout_seconds: int


class Definition:
    """A definition as it is served; `crd` follows its conditions, spec and names stay as they are."""

    def __init__(self, crd: Object, world: World) -> None:
        self.crd = crd
        self._world = world
        self._versions = {v["name"]: v for v in versions(crd)}
        self._main: dict[str, Scope] = {}
        self._rules_of: dict[str, CustomRules] = {}
        self._below: dict[tuple[str, str], Scope | None] = {}
        self._object_meta = world.schemas.definition(_OBJECT_META)
        group = crd["spec"]["group"]
        self._schemas: dict[str, Schema] = {}
        self._conversion: VersionSchemas | None = None
        self._storage = f"{group}/{storage_version(crd)}"
        self.resource = CustomResource(
            world.storage_for(kind_of(crd, versions(crd)[0])), namespaced=crd["spec"]["scope"] == "Namespaced"
        )

    def served(self, version: str) -> bool:
        """Whether the version is served."""
        return bool(self._versions.get(version, {}).get("served"))

    def main(self, version: str) -> Scope:
        """Of the objects themselves."""
        found = self._main.get(version)
        if found is None:
            found = self._main[version] = self._compile(version)
        return found

    def subresource(self, version: str, name: str) -> Scope | None:
        """None for a subresource that the version has not."""
        key = (version, name)
        if key not in self._below:
            self._below[key] = self._compile_below(version, name)
        return self._below[key]

    def close(self) -> None:
        """Ends what still watches."""
        self.resource.close()

    def _structural(self, version: str) -> Schema:
        if version not in self._schemas:
            self._schemas[version] = structural(schema_of(self._versions[version]), self._object_meta)
        return self._schemas[version]

    def _converts(self) -> VersionSchemas:
        if self._conversion is None:
            group = self.crd["spec"]["group"]
            schemas = {f"{group}/{name}": self._structural(name) for name in self._versions}
            self._conversion = VersionSchemas(
                {name: coercer(schema, self._object_meta) for name, schema in schemas.items()},
                {name: defaulter(schema) for name, schema in schemas.items()},
            )
        return self._conversion

    def _compile_below(self, version: str, name: str) -> Scope | None:
        main = self.main(version)
        found = main.kind.subresources.get(name)
        if found is None:
            return None
        scope = replace(main, subresource=found, hooks=Hooks())
        if name == "scale":
            return self._scale(scope, self._versions[version]["subresources"]["scale"])
        assert main.schema is not None
        fields = frozenset(n for n in main.schema.fields if n != "status") | {"metadata", "spec"}
        strategy = status_strategy(fields)
        return replace(
            scope,
            strategy=strategy,
            validation=replace(main.validation, update=self._rules_of[version].update_status),
            fields=FieldManager(main.schema, main.gvk, "status", strategy.reset_fields),
        )

    def _compile(self, name: str) -> Scope:
        version, world = self._versions[name], self._world
        schema, conversion = self._structural(name), self._converts()
        kind = kind_of(self.crd, version)
        below = version.get("subresources") or {}
        strategy = kind.strategy
        api_version = kind.gvk.api_version
        openapi = schema_of(version)
        by_webhook = (self.crd["spec"].get("conversion") or {}).get("strategy") == "Webhook"
        rules = self._rules_of[name] = custom_rules(kind.gvk, openapi, schema, below.get("scale"), _rules(openapi))
        validation = custom_validation(rules)
        kind = replace(
            kind,
            validation=validation,
            from_storage=lambda obj: conversion.read(obj, api_version),
            to_storage=None if by_webhook else lambda obj: conversion.write(obj, self._storage),
        )
        return Scope(
            kind=kind,
            subresource=None,
            versioned=Versioned(self._resource(api_version), kind),
            gvk=kind.gvk,
            schema=schema,
            convert=coercer(schema, self._object_meta),
            convert_applied=_when_asked(lambda: coercer(schema, self._object_meta, keep_nulls=True)),
            default=defaulter(schema),
            strategy=strategy,
            validation=validation,
            fields=FieldManager(schema, kind.gvk, "", strategy.reset_fields),
            admission=world.admission,
            clock=world.clock,
            printer=printer(version.get("additionalPrinterColumns") or (), world.clock),
            known_types=self._known_type,
            hooks=Hooks(before_create=self._refuse_where_terminating(kind)),
            min_request_timeout_seconds=world.min_request_timeout_seconds,
            protobuf=False,
        )

    def _resource(self, api_version: str) -> CustomResource:
        """Where objects of a version are read and written: through the webhook, if there is one."""
        conversion = self.crd["spec"].get("conversion") or {}
        if conversion.get("strategy") != "Webhook":
            return self.resource
        webhook = WebhookConversion(self._world.webhooks, conversion["webhook"])
        return self.resource.over(ConvertingStore(self.resource.store, webhook.convert, api_version, self._storage))

    def _known_type(self, gvk: GroupVersionKind) -> Schema | None:
        spec = self.crd["spec"]
        if gvk.group == spec["group"] and gvk.kind == spec["names"]["kind"]:
            return self._structural(gvk.version) if gvk.version in self._versions else None
        return self._world.schemas.schema(gvk)

    def _refuse_where_terminating(self, kind: Kind) -> Callable[[Object, WriteContext], Any]:
        async def check(obj: Object, _ctx: WriteContext) -> None:
            if is_true(self.crd, "Terminating"):
                raise errors.forbidden(kind.plural, kind.gvk.group, obj["metadata"]["name"], _TERMINATING)

        return check

    def _scale(self, scope: Scope, paths: Mapping[str, Any]) -> Scope:
        handler = custom_scale(scope.kind, self.crd, paths)
        assert scope.subresource is not None
        gvk = scope.subresource.gvk
        schema = self._world.schemas.schema(gvk)
        assert schema is not None
        return replace(
            scope,
            gvk=gvk,
            schema=schema,
            convert=converter(schema),
            default=defaulter(schema),
            fields=FieldManager(schema, gvk, "scale"),
            handler=handler,
            printer=scale_printer(self._world.clock, age_type="date"),
            protobuf=True,
        )


def _when_asked(compile_: Callable[[], Convert]) -> Convert:
    """Compiled when it is first used."""
    compiled = cache(compile_)

    def convert(obj: Object) -> tuple[Object, list[str]]:
        return compiled()(obj)

    return convert


def _rules(openapi: Mapping[str, Any]) -> Rules | None:
    """The schema's CEL rules; expressions are costly to import, and few schemas have them."""
    if not mentions(openapi, "x-kubernetes-validations"):
        return None
    from miniapi.validation.cel_rules import rule_validator

    return rule_validator(openapi)
