"""What PUT and PATCH share: read, change, own, admit, prepare, validate, store if nobody came between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from miniapi import errors
from miniapi.admission.interface import Attributes
from miniapi.endpoints.context import Context
from miniapi.endpoints.listing import parse_resource_version
from miniapi.endpoints.owner_references import dedupe_owner_references
from miniapi.endpoints.parameters import WriteOptions
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import (
    attributes,
    before_create,
    before_update,
    check_namespace,
    settle,
    wipe_system_fields,
    write_context,
)
from miniapi.meta.objects import Object, copy, metadata
from miniapi.registry.deletion import may_vanish
from miniapi.storage.interface import KeyConflict, Stored
from miniapi.strategies.interface import Strategy


@dataclass(slots=True)
class Change:
    """One request to change one object."""

    context: Context
    scope: Scope
    options: WriteOptions
    manager: str
    transform: Callable[[Object | None], Object]
    """From a private copy of what is there (None: nothing, where the change `creates`) to the object wanted."""
    owns: bool = False
    """The transform has already kept managed fields (server-side apply)."""
    patches: bool = False
    """What was sent is not the whole object: uid and resourceVersion are its own where it does not say them."""
    creates: bool = False
    """An object that does not exist is created."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a change ended."""

    obj: Object
    stored: Stored | None = None
    """None for a dry run and where the change let a marked object go."""
    created: bool = False


def check_name(meta: dict[str, Any], name: str) -> None:
    """400 where body and URL name different objects."""
    given = meta.get("name") or ""
    if not given:
        raise errors.bad_request(
            f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )
    if given != name:
        raise errors.bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")


async def run(change: Change) -> Outcome:
    """Changes what is there, again where somebody came between; 404 where nothing is and nothing may be created."""
    scope, info = change.scope, change.context.info
    versioned = scope.versioned
    current = await versioned.resource.get(info.namespace, info.name)
    while True:
        try:
            if current is not None:
                return await _update(change, current)
            if not change.creates:
                raise errors.not_found(scope.kind.plural, scope.kind.gvk.group, info.name)
            return await _create(change)
        except KeyConflict as conflict:
            current = conflict.current


async def _update(change: Change, current: Stored) -> Outcome:
    scope = change.scope
    old = scope.versioned.object(current)
    obj = change.transform(copy(old))
    meta = metadata(obj)
    check_namespace(change.context, scope, meta)
    check_name(meta, change.context.info.name)
    if not change.patches:
        dedupe_owner_references(change.context, obj, after_admission=False)
    _check_version(change, obj, old)
    written = False
    try:
        obj = await _prepare(change, obj, old)
        if change.options.dry_run:
            return Outcome(obj)
        if obj == old and not current.stale:
            return Outcome(obj, current)
        outcome = await _store(scope, current, obj)
        written = True
        return outcome
    finally:
        await settle(scope, obj, stored=written)


async def _store(scope: Scope, current: Stored, obj: Object) -> Outcome:
    versioned = scope.versioned
    if may_vanish(scope.kind, obj):
        await versioned.resource.remove(current)
        if scope.hooks.after_delete:
            await scope.hooks.after_delete(obj)
        return Outcome(obj)
    return Outcome(obj, await versioned.resource.replace(current, versioned.to_storage(obj)))


def _check_version(change: Change, obj: Object, old: Object) -> None:
    meta, old_meta = obj["metadata"], old["metadata"]
    scope, name = change.scope, change.context.info.name
    uid = meta.get("uid")
    if uid and uid != old_meta.get("uid") and not change.patches:
        raise _other_uid(change, uid, old_meta.get("uid", ""))
    check_version(scope, scope.strategy, name, meta, old_meta)
    meta["resourceVersion"] = old_meta["resourceVersion"]


def check_version(scope: Scope, strategy: Strategy, name: str, meta: dict[str, Any], old_meta: dict[str, Any]) -> None:
    """409 where another version must be there still than is, 422 where none is told and one has to be."""
    wanted = _wanted_version(meta)
    if not wanted:
        if not strategy.allow_unconditional_update:
            why = "Invalid value: 0: must be specified for an update"
            causes = [errors.Cause("FieldValueInvalid", why, "metadata.resourceVersion")]
            raise errors.invalid(scope.kind.plural, scope.kind.gvk.group, name, causes)
    elif wanted != int(old_meta["resourceVersion"]):
        raise errors.conflict(scope.kind.plural, scope.kind.gvk.group, name)


def _wanted_version(meta: dict[str, Any]) -> int:
    """The version that must be there still, 0 for any; 500 for one that is none."""
    try:
        return parse_resource_version(meta.get("resourceVersion") or "0")
    except ValueError as problem:
        raise errors.server_error(str(problem)) from None


def _other_uid(change: Change, wanted: str, found: str) -> errors.ApiError:
    """409 in the words of the original's storage (etcd3's preconditions)."""
    scope, info = change.scope, change.context.info
    key = scope.versioned.resource.key(info.namespace, info.name)
    root = "/" if change.options.dry_run else "/registry/"  # only the real storage puts its prefix in front
    why = (
        f"StorageError: invalid object, Code: 4, Key: {root}{key}, ResourceVersion: 0, AdditionalErrorMsg: "
        f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    )
    return errors.conflict(scope.kind.plural, scope.kind.gvk.group, info.name, why)


async def _prepare(change: Change, obj: Object, old: Object) -> Object:
    context, scope = change.context, change.scope
    if not change.owns:
        scope.fields.update(old, obj, change.manager, scope.clock())
    name = context.info.name
    write = attributes(context, scope, "UPDATE", name, obj, old, change.options)
    await scope.admission.mutate(write)
    check_namespace(context, scope, obj["metadata"])
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


async def _create(change: Change) -> Outcome:
    """PUT or apply of an object that does not exist; KeyConflict where it does by now."""
    context, scope, info = change.context, change.scope, change.context.info
    obj = change.transform(None)
    meta = metadata(obj)
    if uid := meta.get("uid"):
        if not change.patches:
            raise _other_uid(change, uid, "")
        why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise errors.conflict(scope.kind.plural, scope.kind.gvk.group, info.name, why)
    _wanted_version(meta)
    if change.patches:
        wipe_system_fields(meta)
    check_namespace(context, scope, meta)
    check_name(meta, info.name)
    if not change.patches:
        dedupe_owner_references(context, obj, after_admission=False)
    if not change.owns:
        scope.fields.update(None, obj, change.manager, scope.clock())
    write: Attributes = attributes(context, scope, "CREATE", info.name, obj, None, change.options)
    await scope.admission.mutate(write)
    check_namespace(context, scope, obj["metadata"])
    dedupe_owner_references(context, obj, after_admission=True)
    obj["metadata"].pop("resourceVersion", None)
    written = False
    try:
        for warning in await before_create(scope, obj, write_context(context, scope, info.name, change.options)):
            context.warn(warning)
        await scope.admission.validate(write)
        if change.options.dry_run:
            return Outcome(obj, created=True)
        stored = await scope.versioned.resource.create(info.namespace, info.name, scope.versioned.to_storage(obj))
        written = True
        return Outcome(obj, stored, created=True)
    finally:
        await settle(scope, obj, stored=written)
