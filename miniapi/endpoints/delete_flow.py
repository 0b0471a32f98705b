"""What DELETE of one object and of a collection share."""

from __future__ import annotations

from typing import Any

import orjson

from miniapi import errors
from miniapi.codec.builtin import codec_for
from miniapi.codec.interface import DecodeError
from miniapi.endpoints.body import read
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import WriteOptions, dry_run_causes
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import attributes, write_context
from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.registry.deletion import check_preconditions, mark
from miniapi.storage.interface import KeyConflict, Stored

POLICIES = ("Background", "Foreground", "Orphan")
DELETE_OPTIONS = GroupVersionKind("meta.k8s.io", "v1", "DeleteOptions")


async def delete_options(context: Context) -> dict[str, Any]:
    """metav1.DeleteOptions from the body, or from the query where there is none; 422 for what does not go together."""
    raw = await read(context)
    options: dict[str, Any] = {}
    if raw:
        content_type = context.request.headers.get("Content-Type") or "application/json"
        try:
            decoded = codec_for(content_type, custom=False).decode(raw, DELETE_OPTIONS).obj
        except DecodeError as problem:
            raise errors.bad_request(str(problem)) from None
        if not isinstance(decoded, dict):
            raise errors.bad_request("couldn't get version/kind; json parse error: not an object")
        options = decoded
        kind = options.get("kind") or "DeleteOptions"
        if kind != "DeleteOptions":
            raise errors.bad_request("decoded object cannot be converted to DeleteOptions")
    else:
        for name, value in context.info.query:
            if name == "gracePeriodSeconds":
                try:
                    options[name] = int(value)
                except ValueError:
                    raise errors.bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax') from None
            elif name == "propagationPolicy":
                options[name] = value
            elif name == "orphanDependents":
                options[name] = value.lower() not in ("false", "0", "f")
            elif name == "dryRun":
                options.setdefault("dryRun", []).append(value)
    if isinstance(options.get("gracePeriodSeconds"), int) and options["gracePeriodSeconds"] < 0:
        options["gracePeriodSeconds"] = 1
    causes: list[errors.Cause] = []
    policy = options.get("propagationPolicy")
    if policy is not None and policy not in POLICIES:
        shown = ", ".join(f'"{p}"' for p in ("Foreground", "Background", "Orphan", "nil"))
        causes.append(
            errors.Cause(
                "FieldValueNotSupported",
                f"Unsupported value: {orjson.dumps(policy).decode()}: supported values: {shown}",
                "propagationPolicy",
            )
        )
    if policy is not None and options.get("orphanDependents") is not None:
        causes.append(
            errors.Cause(
                "FieldValueInvalid",
                f"Invalid value: {orjson.dumps(policy).decode()}: "
                "orphanDependents and deletionPropagation cannot be both set",
                "propagationPolicy",
            )
        )
    causes += dry_run_causes(options.get("dryRun") or [], "DeleteOptions")
    if causes:
        raise errors.invalid("DeleteOptions", "meta.k8s.io", "", causes)
    return options


def warn_of_orphans(context: Context, scope: Scope, options: dict[str, Any]) -> None:
    """Whoever deletes such a kind without a word about its dependents is told that they stay."""
    unsaid = options.get("propagationPolicy") is None and options.get("orphanDependents") is None
    if scope.strategy.orphan_warning and unsaid:
        context.warn(scope.strategy.orphan_warning)


async def remove(context: Context, scope: Scope, found: Stored, options: dict[str, Any]) -> tuple[Object, bool]:
    """-> (the object as last seen, whether it is gone)."""
    versioned = scope.versioned
    dry_run = bool(options.get("dryRun"))
    name = found.key.rsplit("/", 1)[1]
    write_opts = WriteOptions(dry_run=dry_run)
    current: Stored | None = found
    while True:
        if current is None:
            raise errors.not_found(scope.kind.plural, scope.kind.gvk.group, name)
        old = versioned.object(current)
        check_preconditions(scope.kind, old, options)
        write = attributes(context, scope, "DELETE", name, None, old, write_opts, "DeleteOptions")
        write.namespace = old["metadata"].get("namespace", "")
        await scope.admission.mutate(write)
        await scope.admission.validate(write)
        obj = versioned.object(current)
        gone = mark(scope.kind, obj, options, write_context(context, scope, name, write_opts), scope.clock())
        if dry_run:
            return obj, gone
        try:
            if gone:
                await versioned.resource.remove(current)
                if scope.hooks.after_delete:
                    await scope.hooks.after_delete(obj)
                return obj, True
            stored = await versioned.resource.replace(current, versioned.to_storage(obj))
            return versioned.object(stored), False
        except KeyConflict as conflict:
            current = conflict.current


def success(kind: Kind, obj: Object) -> dict[str, Any]:
    """The Status of a finished deletion."""
    details: dict[str, Any] = {"name": obj["metadata"]["name"]}
    if kind.gvk.group:
        details["group"] = kind.gvk.group
    details["kind"] = kind.plural
    if obj["metadata"].get("uid"):
        details["uid"] = obj["metadata"]["uid"]
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
