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
from miniapi.meta.objects import Object, metadata
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
    meta = metadata(obj)
    wipe_system_fields(meta)
    check_namespace(context, scope, meta)
    dedupe_owner_references(context, obj, after_admission=False)
    manager = manager_name(options, context.request.headers.get("User-Agent", ""))
    now = scope.clock()
    scope.fields.update(None, obj, manager, now)
    write = attributes(context, scope, "CREATE", meta.get("name") or "", obj, None, options)
    await scope.admission.mutate(write)
    meta = obj["metadata"]
    check_namespace(context, scope, meta)
    dedupe_owner_references(context, obj, after_admission=True)
    stored: Stored | None = None
    generates = not meta.get("name")
    try:
        ctx = write_context(context, scope, meta.get("name") or "", options)
        for warning in await before_create(scope, obj, ctx):
            context.warn(warning)
        write.name = meta["name"]
        await scope.admission.validate(write)
        if not options.dry_run:
            stored = await _store(context, scope, obj, write, generates)
        elif (found := await scope.versioned.resource.get(info.namespace, write.name)) is not None:
            raise _taken(scope, obj, found)
    finally:
        await settle(scope, obj, stored=stored is not None)
    return respond.outcome(scope, stored, obj, negotiated, 201)


async def _store(context: Context, scope: Scope, obj: Object, write: Attributes, generates: bool) -> Stored:
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
        except KeyConflict as conflict:
            if not generates or attempts == GENERATE_NAME_RETRIES or conflict.current is None:
                raise _taken(scope, obj, conflict.current) from None
            attempts += 1
            name = write.name = generated_name(meta["generateName"], scope.strategy.generate_name_max_chars)
            meta["name"] = stored_obj["metadata"]["name"] = name


def _taken(scope: Scope, obj: Object, found: Stored | None) -> errors.ApiError:
    """409 for a name that another object has, which may be on its way out (Store.Create, CheckGeneratedNameError)."""
    meta, gvk = obj["metadata"], scope.kind.gvk
    problem = errors.already_exists(scope.kind.plural, gvk.group, meta["name"])
    if meta.get("generateName"):
        problem.message += ", the server was not able to generate a unique name for the object"
        problem.retry_after_seconds = 1
    if found is not None and scope.versioned.object(found)["metadata"].get("deletionTimestamp"):
        problem.message = f"object is being deleted: {problem.message}"
    return problem
