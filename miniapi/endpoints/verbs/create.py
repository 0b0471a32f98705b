"""POST to a collection."""

from __future__ import annotations

from miniapi import errors
from miniapi.admission.interface import Attributes
from miniapi.endpoints import respond
from miniapi.endpoints.body import decode, read
from miniapi.endpoints.context import Context
from miniapi.endpoints.owner_references import dedupe_owner_references
from miniapi.endpoints.parameters import manager_name, write_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import (
    attributes,
    before_create,
    check_namespace,
    generated_name,
    settle,
    wipe_system_fields,
    write_context,
)
from miniapi.meta.objects import Object
from miniapi.storage.interface import KeyConflict, Stored
from miniapi.wire import Reply

GENERATE_NAME_RETRIES = 7


async def serve(context: Context, scope: Scope) -> Reply:
    """Decode, own, admit, prepare, validate, store."""
    info = context.info
    negotiated = respond.accepted(context, scope)
    data = await read(context)
    options = write_options(info.query, "CreateOptions")
    obj = decode(context, scope, data, scope.gvk, options.field_validation)
    meta = obj.setdefault("metadata", {})
    wipe_system_fields(meta)
    check_namespace(context, scope, meta)
    dedupe_owner_references(context, obj, after_admission=False)
    manager = manager_name(options, context.request.headers.get("User-Agent", ""))
    now = scope.clock()
    scope.fields.update(None, obj, manager, now)
    write = attributes(context, scope, "CREATE", meta.get("name") or "", obj, None, options, "CreateOptions")
    await scope.admission.mutate(write)
    dedupe_owner_references(context, obj, after_admission=True)
    stored: Stored | None = None
    try:
        ctx = write_context(context, scope, meta.get("name") or "", options)
        for warning in await before_create(scope, obj, ctx):
            context.warn(warning)
        write.name = meta["name"]
        await scope.admission.validate(write)
        if not options.dry_run:
            stored = await _store(context, scope, obj, write)
        elif await scope.versioned.resource.get(info.namespace, write.name) is not None:
            raise errors.already_exists(scope.kind.plural, scope.kind.gvk.group, write.name)
    finally:
        await settle(scope, obj, stored=stored is not None)
    return respond.outcome(scope, stored, obj, negotiated, 201)


async def _store(context: Context, scope: Scope, obj: Object, write: Attributes) -> Stored:
    """Stores under the object's name, or under another generated one where that is taken."""
    version = obj["metadata"].get("resourceVersion") or "0"
    if version.isdigit() and int(version):
        raise errors.server_error("resourceVersion should not be set on objects to be created")
    versioned, meta, name = scope.versioned, obj["metadata"], write.name
    stored_obj = versioned.to_storage(obj)
    attempts = 0
    while True:
        try:
            return await versioned.resource.create(context.info.namespace, name, stored_obj)
        except KeyConflict:
            if not meta.get("generateName") or attempts == GENERATE_NAME_RETRIES or write.name != name:
                raise errors.already_exists(scope.kind.plural, scope.kind.gvk.group, name) from None
            attempts += 1
            name = write.name = generated_name(meta["generateName"], scope.strategy.generate_name_max_chars)
            meta["name"] = stored_obj["metadata"]["name"] = name
