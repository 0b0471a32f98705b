"""The middle of every write: what create, update and patch do to an object before it is stored.

Follows registry/rest/{create,update}.go: system fields, prepare, admission, validation.
"""

from __future__ import annotations

import random
from typing import Any

from miniapi import errors
from miniapi.admission.interface import Attributes, Operation
from miniapi.clock import rfc3339
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import WriteOptions
from miniapi.endpoints.scope import Scope
from miniapi.meta.objects import Object
from miniapi.meta.uid import random_uid
from miniapi.meta.user import UserInfo
from miniapi.strategies.interface import WriteContext
from miniapi.validation import objects

_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_METADATA_ORDER = (
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
)
SYSTEM_FIELDS = ("creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
"""What is wiped from a new object before anybody owns it."""


def user_of(context: Context) -> UserInfo:
    """The authenticated user; the filters guarantee one."""
    if context.user is None:
        raise errors.unauthorized()
    return context.user


def write_context(context: Context, scope: Scope, name: str, options: WriteOptions) -> WriteContext:
    """What strategies may know."""
    return WriteContext(
        user_of(context),
        context.info.namespace,
        name,
        scope.clock(),
        scope.subresource_name,
        options.dry_run,
        context.warn,
        context.info.name,
    )


def attributes(
    context: Context,
    scope: Scope,
    operation: Operation,
    name: str,
    obj: Object | None,
    old: Object | None,
    options: WriteOptions,
) -> Attributes:
    """The write as admission sees it; its warnings and annotations land in the request's own.

    A namespace lies in itself, as its path has it.
    """
    namespace = context.info.namespace
    if scope.kind.group_resource == "namespaces":
        namespace = namespace or name
    return Attributes(
        operation,
        scope.kind,
        scope.subresource_name,
        namespace,
        name,
        obj,
        old,
        user_of(context),
        scope.clock(),
        options.dry_run,
        options.as_object(f"{operation.capitalize()}Options") if operation != "CONNECT" else {},
        context.warnings,
        context.audit_annotations,
        scope.gvk,
        scope.retyped,
        scope.overlaid,
    )


def generated_name(base: str, longest: int) -> str:
    """generateName plus five random characters."""
    suffix = "".join(random.choice(_SUFFIX_ALPHABET) for _ in range(_SUFFIX_LENGTH))
    return base[:longest] + suffix


def check_namespace(context: Context, scope: Scope, meta: dict[str, Any]) -> None:
    """The object's namespace is the URL's: filled in, dropped where the kind has none, 400 where they differ."""
    wanted = context.info.namespace if scope.kind.namespaced else ""
    if not wanted:
        meta.pop("namespace", None)
    elif not meta.get("namespace"):
        meta["namespace"] = wanted
    elif meta["namespace"] != wanted:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def wipe_system_fields(meta: dict[str, Any]) -> None:
    """Drops what a client may send with a new object, and only the server says (rest.WipeObjectMetaSystemFields)."""
    for field in SYSTEM_FIELDS:
        meta.pop(field, None)


def fill_system_fields(scope: Scope, obj: Object, ctx: WriteContext) -> None:
    """What the server alone says of a new object (rest.FillObjectMetaSystemFields and BeforeCreate)."""
    meta = obj["metadata"]
    for field in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
        meta.pop(field, None)
    meta["creationTimestamp"] = rfc3339(ctx.now)
    meta["uid"] = random_uid()
    if meta.get("generateName") and not meta.get("name"):
        meta["name"] = generated_name(meta["generateName"], scope.strategy.generate_name_max_chars)
    if scope.strategy.tracks_generation:
        meta["generation"] = 1


def order_metadata(obj: Object) -> None:
    """Brings metadata, some of which was set late, into the order of its struct, in place."""
    meta = obj["metadata"]
    ordered = {name: meta[name] for name in _METADATA_ORDER if name in meta} | meta
    meta.clear()
    meta.update(ordered)


def raise_invalid(scope: Scope, name: str, problems: list[Any]) -> None:
    """422 with a cause per problem, nothing where there is none."""
    if problems:
        gvk = scope.gvk if scope.subresource else scope.kind.storage_gvk or scope.gvk
        raise errors.invalid(gvk.kind, gvk.group, name, [p.cause() for p in problems])


async def settle(scope: Scope, obj: Object, *, stored: bool) -> None:
    """Tells the kind's hooks how the write of `obj` ended."""
    if scope.hooks.after_write:
        await scope.hooks.after_write(obj, stored)


async def before_create(scope: Scope, obj: Object, ctx: WriteContext) -> list[str]:
    """Prepares and validates a new object in place; returns warnings."""
    meta = obj["metadata"]
    fill_system_fields(scope, obj, ctx)
    scope.strategy.prepare_create(obj, ctx)
    if scope.hooks.before_create:
        await scope.hooks.before_create(obj, ctx)
    problems = objects.created(scope.validation, obj, namespaced=scope.kind.namespaced)
    raise_invalid(scope, meta.get("name") or meta.get("generateName") or "", problems)
    scope.null_empty_lists(obj)
    warnings = scope.strategy.warnings_create(obj, ctx)
    scope.strategy.canonicalize(obj)
    order_metadata(obj)
    return warnings


def _keep_system_fields(meta: dict[str, Any], old_meta: dict[str, Any]) -> None:
    """What an update has no say in; where there was nothing, validation tells of what is sent."""
    if "generation" in old_meta:
        meta["generation"] = old_meta["generation"]
    else:
        meta.pop("generation", None)
    for field in ("creationTimestamp", "deletionTimestamp"):
        if field in old_meta:
            meta[field] = old_meta[field]
    for field in ("uid", "deletionGracePeriodSeconds"):
        if field in old_meta and not meta.get(field):
            meta[field] = old_meta[field]


async def before_update(scope: Scope, obj: Object, old: Object, ctx: WriteContext) -> list[str]:
    """Prepares and validates a changed object in place; returns warnings (rest.BeforeUpdate)."""
    meta, old_meta = obj["metadata"], old["metadata"]
    _keep_system_fields(meta, old_meta)
    if "generateName" not in meta and "generateName" in old_meta and scope.subresource is not None:
        meta["generateName"] = old_meta["generateName"]
    scope.null_empty_lists(obj)
    scope.strategy.prepare_update(obj, old, ctx)
    if scope.hooks.before_update:
        await scope.hooks.before_update(obj, old, ctx)
    if scope.strategy.tracks_generation and scope.strategy.generation_of(obj) != scope.strategy.generation_of(old):
        meta["generation"] = old_meta.get("generation", 0) + 1
    problems = objects.updated(scope.validation, obj, old, namespaced=scope.kind.namespaced)
    for problem in problems:
        if problem.tolerated:
            ctx.warn(f"{problem.path}: {problem.message}")
    raise_invalid(scope, meta.get("name") or "", [p for p in problems if not p.tolerated])
    warnings = scope.strategy.warnings_update(obj, old, ctx)
    scope.strategy.canonicalize(obj)
    order_metadata(obj)
    return warnings
