"""POST to a collection."""

from __future__ import annotations

from miniapi import errors
from miniapi.codec.negotiate import negotiate
from miniapi.endpoints import respond
from miniapi.endpoints.body import decode, read
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import manager_name, write_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import attributes, before_create, check_namespace, generated_name, write_context
from miniapi.storage.interface import KeyConflict
from miniapi.wire import Reply

GENERATE_NAME_RETRIES = 7
SYSTEM_FIELDS = ("creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
"""What a client may send with a new object, and the server wipes before anybody owns it."""


async def serve(context: Context, scope: Scope) -> Reply:
    """Decode, own, admit, prepare, validate, store."""
    info = context.info
    options = write_options(info.query, "CreateOptions")
    negotiated = negotiate(context.request.headers.get("Accept", ""), info.query, protobuf=scope.protobuf)
    obj = decode(context, scope, await read(context), scope.gvk, options.field_validation)
    meta = obj.setdefault("metadata", {})
    check_namespace(context, scope, meta)
    for field in SYSTEM_FIELDS:
        meta.pop(field, None)
    manager = manager_name(options, context.request.headers.get("User-Agent", ""))
    now = scope.clock()
    scope.fields.update(None, obj, manager, now)
    write = attributes(context, scope, "CREATE", meta.get("name") or "", obj, None, options, "CreateOptions")
    await scope.admission.mutate(write)
    ctx = write_context(context, scope, meta.get("name") or "", options)
    for warning in await before_create(scope, obj, ctx):
        context.warn(warning)
    name = meta["name"]
    write.name = name
    await scope.admission.validate(write)
    versioned = scope.versioned
    stored_obj = versioned.to_storage(obj)
    if options.dry_run:
        if await versioned.resource.get(info.namespace, name) is not None:
            raise errors.already_exists(scope.kind.plural, scope.kind.gvk.group, name)
        return respond.one(scope, obj, negotiated, 201)
    for attempt in range(GENERATE_NAME_RETRIES + 1):
        try:
            stored = await versioned.resource.create(info.namespace, name, stored_obj)
            break
        except KeyConflict:
            if not meta.get("generateName") or attempt == GENERATE_NAME_RETRIES or write.name != name:
                if scope.hooks.after_failure:
                    scope.hooks.after_failure(obj, None)
                raise errors.already_exists(scope.kind.plural, scope.kind.gvk.group, name) from None
            name = write.name = generated_name(meta["generateName"], scope.strategy.generate_name_max_chars)
            meta["name"] = stored_obj["metadata"]["name"] = name
    return respond.stored(scope, stored, negotiated, 201)
