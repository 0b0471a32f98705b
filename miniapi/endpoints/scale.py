"""The scale subresource: an object read and written as a Scale, its own rules applied to what comes of it.

After the ScaleREST of pkg/registry/apps/*/storage and of custom resources: a write reads the object,
shows it as a Scale, changes that as any object is changed, and puts the replicas back on the object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from miniapi import errors
from miniapi.clock import Clock
from miniapi.endpoints import respond
from miniapi.endpoints.body import decode, read
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import WriteOptions, manager_name, write_options
from miniapi.endpoints.patching import read_patch
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.table import Printer
from miniapi.endpoints.update_flow import check_name, check_version
from miniapi.endpoints.writes import attributes, before_update, check_namespace, raise_invalid, write_context
from miniapi.kinds.printers.cells import age, name, spec, status
from miniapi.meta.objects import Object, copy, metadata
from miniapi.patch.scale import Paths, to_parent, to_scale
from miniapi.storage.interface import KeyConflict
from miniapi.validation.field import ErrorList
from miniapi.validation.scale import SCALE
from miniapi.wire import Reply


def scale_printer(clock: Clock, age_type: str = "string") -> Printer:
    """How a Scale is shown as a table."""
    names = (
        ("Name", "string", "name"),
        ("Desired", "integer", ""),
        ("Available", "integer", ""),
        ("Age", age_type, ""),
    )
    columns = [{"name": n, "type": t, "format": f, "description": "", "priority": 0} for n, t, f in names]

    def row(scale: Object, now: datetime) -> list[Any]:
        return [name(scale), spec(scale).get("replicas", 0), status(scale).get("replicas", 0), age(scale, now)]

    return Printer(columns, row, clock)


@dataclass(frozen=True, slots=True)
class ScaleHandler:
    """Serves get, update and patch of one kind's scale."""

    show: Callable[[Object], Object]
    """The object's Scale, without managed fields."""
    put_back: Callable[[Object, Object], None]
    """(object, Scale): the Scale's replicas and resourceVersion on the object, in place."""
    paths: Paths
    validate: Callable[[Object, Object], ErrorList] = SCALE.update
    """(Scale, Scale before): what is wrong with it by itself."""

    async def serve(self, context: Context, scope: Scope) -> Reply:
        """The Scale, as it is or as it became."""
        info = context.info
        if info.verb == "get":
            negotiated = respond.accepted(context, scope)
            found = await scope.versioned.resource.get(info.namespace, info.name)
            if found is None:
                raise errors.not_found(scope.kind.plural, scope.kind.gvk.group, info.name)
            return respond.one(scope, self.show(scope.versioned.object(found)), negotiated)
        return await (self._update(context, scope) if info.verb == "update" else self._patch(context, scope))

    async def _update(self, context: Context, scope: Scope) -> Reply:
        data = await read(context)
        options = write_options(context.info.query, "UpdateOptions")
        body = decode(context, scope, data, scope.gvk, options.field_validation)
        meta = body.setdefault("metadata", {})
        check_namespace(context, scope, meta)
        check_name(meta, context.info.name)
        change = _Change(context, scope, self, options, lambda _shown: copy(body))
        return await change.run()

    async def _patch(self, context: Context, scope: Scope) -> Reply:
        patch = await read_patch(context, scope)
        return await _Change(context, scope, self, patch.options, patch, patch.applies).run()


@dataclass(slots=True)
class _Change:
    """One request to change one object through its Scale."""

    context: Context
    scope: Scope
    handler: ScaleHandler
    options: WriteOptions
    transform: Callable[[Object], Object]
    owns: bool = False

    async def run(self) -> Reply:
        """Reads, changes, stores; again from what is there where someone came between."""
        context, scope, info = self.context, self.scope, self.context.info
        negotiated = respond.accepted(context, scope)
        versioned = scope.versioned
        current = await versioned.resource.get(info.namespace, info.name)
        while True:
            if current is None:
                raise errors.not_found(scope.kind.plural, scope.kind.gvk.group, info.name)
            obj = await self._changed(versioned.object(current))
            if self.options.dry_run:
                break
            try:
                obj = versioned.object(await versioned.resource.replace(current, versioned.to_storage(obj)))
                break
            except KeyConflict as conflict:
                current = conflict.current
        return respond.one(scope, self.handler.show(obj), negotiated)

    async def _changed(self, old: Object) -> Object:
        """The object as it is to be stored."""
        context, scope, handler, name = self.context, self.scope, self.handler, self.context.info.name
        entries = old["metadata"].get("managedFields")
        shown = handler.show(old)
        if fields := to_scale(entries, handler.paths):
            shown["metadata"]["managedFields"] = fields
        scale = self.transform(copy(shown))
        check_name(metadata(scale), name)
        if not self.owns:
            manager = manager_name(self.options, context.request.headers.get("User-Agent", ""))
            scope.fields.update(shown, scale, manager, scope.clock())
        write = attributes(context, scope, "UPDATE", name, scale, handler.show(old), self.options)
        await scope.admission.mutate(write)
        raise_invalid(scope, name, list(handler.validate(scale, shown)))
        obj: Object = copy(old)
        handler.put_back(obj, scale)
        check_version(scope, scope.kind.strategy, name, obj["metadata"], old["metadata"])
        obj["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
        fields = to_parent(entries, scale["metadata"].get("managedFields"), old["apiVersion"], handler.paths)
        obj["metadata"].pop("managedFields", None)
        if fields:
            obj["metadata"]["managedFields"] = fields
        kind = scope.kind
        parent = replace(scope, subresource=None, gvk=kind.gvk, strategy=kind.strategy, validation=kind.validation)
        ctx = write_context(context, scope, name, self.options)
        for warning in await before_update(parent, obj, old, ctx):
            context.warn(warning)
        write.obj = handler.show(obj)
        await scope.admission.validate(write)
        return obj
