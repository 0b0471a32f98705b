"""What PUT and PATCH share: read, change, own, admit, prepare, validate, store if nobody came between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from miniapi import errors
from miniapi.admission.interface import Attributes
from miniapi.endpoints.context import Context
from miniapi.endpoints.owner_references import dedupe_owner_references
from miniapi.endpoints.parameters import WriteOptions
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import attributes, before_create, before_update, check_namespace, settle, write_context
from miniapi.meta.objects import Object, copy
from miniapi.registry.deletion import may_vanish
from miniapi.storage.interface import KeyConflict, Stored


@dataclass(slots=True)
class Change:
    """One request to change one object."""

    context: Context
    scope: Scope
    options: WriteOptions
    options_kind: str
    manager: str
    transform: Callable[[Object], Object]
    """From a private copy of what is there to the object wanted; raises ApiError."""
    owns: bool = False
    """The transform has already kept managed fields (server-side apply)."""
    retry_conflicts: bool = False
    """A patch without a resource version is applied again to what is there now."""


def check_name(meta: dict[str, Any], name: str) -> None:
    """400 where body and URL name different objects."""
    given = meta.get("name") or ""
    if not given:
        raise errors.bad_request(
            f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )
    if given != name:
        raise errors.bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")


async def run(change: Change) -> tuple[Stored | None, Object]:
    """-> (as stored, None for a dry run; the object)."""
    scope, info = change.scope, change.context.info
    versioned = scope.versioned
    current = await versioned.resource.get(info.namespace, info.name)
    while True:
        if current is None:
            raise errors.not_found(scope.kind.plural, scope.kind.gvk.group, info.name)
        old = versioned.object(current)
        obj = change.transform(copy(old))
        check_name(obj["metadata"], info.name)
        check_namespace(change.context, scope, obj["metadata"])
        _check_version(change, obj, old)
        written = False
        try:
            obj = await _prepare(change, obj, old)
            if change.options.dry_run:
                return None, obj
            if obj == old and not current.stale:
                return current, obj
            result = await _store(scope, current, obj)
            written = True
            return result
        except KeyConflict as conflict:
            current = conflict.current
        finally:
            await settle(scope, obj, stored=written)


async def _store(scope: Scope, current: Stored, obj: Object) -> tuple[Stored | None, Object]:
    versioned = scope.versioned
    if may_vanish(scope.kind, obj):
        await versioned.resource.remove(current)
        if scope.hooks.after_delete:
            await scope.hooks.after_delete(obj)
        return None, obj
    return await versioned.resource.replace(current, versioned.to_storage(obj)), obj


def _check_version(change: Change, obj: Object, old: Object) -> None:
    meta, old_meta = obj["metadata"], old["metadata"]
    scope, name = change.scope, change.context.info.name
    uid = meta.get("uid")
    if uid and uid != old_meta.get("uid") and not change.retry_conflicts:
        raise _other_uid(change, uid, old_meta.get("uid", ""))
    wanted = meta.get("resourceVersion") or ""
    if wanted in ("", "0"):
        if not scope.strategy.allow_unconditional_update and not change.retry_conflicts:
            why = "Invalid value: 0: must be specified for an update"
            causes = [errors.Cause("FieldValueInvalid", why, "metadata.resourceVersion")]
            raise errors.invalid(scope.kind.plural, scope.kind.gvk.group, name, causes)
    elif wanted != old_meta["resourceVersion"]:
        raise errors.conflict(scope.kind.plural, scope.kind.gvk.group, name)
    meta["resourceVersion"] = old_meta["resourceVersion"]


def _other_uid(change: Change, wanted: str, found: str) -> errors.ApiError:
    """409 in the words of the original's storage (etcd3's preconditions)."""
    scope, info = change.scope, change.context.info
    key = scope.versioned.resource.key(info.namespace, info.name)
    why = (
        f"StorageError: invalid object, Code: 4, Key: /registry/{key}, ResourceVersion: 0, AdditionalErrorMsg: "
        f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    )
    return errors.conflict(scope.kind.plural, scope.kind.gvk.group, info.name, why)


async def _prepare(change: Change, obj: Object, old: Object) -> Object:
    context, scope = change.context, change.scope
    if not change.retry_conflicts:
        dedupe_owner_references(context, obj, after_admission=False)
    if not change.owns:
        scope.fields.update(old, obj, change.manager, scope.clock())
    name = context.info.name
    write = attributes(context, scope, "UPDATE", name, obj, old, change.options, change.options_kind)
    await scope.admission.mutate(write)
    dedupe_owner_references(context, obj, after_admission=True)
    ctx = write_context(context, scope, name, change.options)
    for warning in await before_update(scope, obj, old, ctx):
        context.warn(warning)
    keep_times(obj, old)
    await scope.admission.validate(write)
    return obj


def keep_times(obj: Object, old: Object) -> None:
    """Where nothing but managed fields' time stamps differ, the old ones stay and nothing is written."""
    new_fields, old_fields = obj["metadata"].get("managedFields"), old["metadata"].get("managedFields")
    if new_fields == old_fields or not new_fields or not old_fields or len(new_fields) != len(old_fields):
        return
    for new_entry, old_entry in zip(new_fields, old_fields, strict=True):
        if {**new_entry, "time": None} != {**old_entry, "time": None}:
            return
    rest = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    if rest != {k: v for k, v in old["metadata"].items() if k != "managedFields"}:
        return
    if all(obj.get(k) == old.get(k) for k in obj.keys() | old.keys() if k != "metadata"):
        obj["metadata"]["managedFields"] = old_fields


async def create_by_update(change: Change, obj: Object) -> tuple[Stored | None, Object]:
    """PUT or apply of an object that does not exist."""
    context, scope = change.context, change.scope
    meta = obj["metadata"]
    check_name(meta, context.info.name)
    check_namespace(context, scope, meta)
    if meta.get("uid"):
        raise _other_uid(change, meta["uid"], "")
    if not change.retry_conflicts:
        dedupe_owner_references(context, obj, after_admission=False)
    if not change.owns:
        scope.fields.update(None, obj, change.manager, scope.clock())
    name = context.info.name
    write: Attributes = attributes(context, scope, "CREATE", name, obj, None, change.options, "CreateOptions")
    await scope.admission.mutate(write)
    dedupe_owner_references(context, obj, after_admission=True)
    written = False
    try:
        for warning in await before_create(scope, obj, write_context(context, scope, name, change.options)):
            context.warn(warning)
        await scope.admission.validate(write)
        if change.options.dry_run:
            return None, obj
        stored = await scope.versioned.resource.create(context.info.namespace, name, scope.versioned.to_storage(obj))
        written = True
        return stored, obj
    except KeyConflict:
        raise errors.already_exists(scope.kind.plural, scope.kind.gvk.group, name) from None
    finally:
        await settle(scope, obj, stored=written)
