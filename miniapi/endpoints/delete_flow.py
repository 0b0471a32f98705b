"""What DELETE of one object and of a collection share."""

from __future__ import annotations

from typing import Any

import orjson

from miniapi import errors
from miniapi.codec.builtin import codec_for
from miniapi.codec.interface import DecodeError
from miniapi.endpoints.body import given_type, read
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import WriteOptions, dry_run_causes, integer, truthy
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import attributes, write_context
from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.registry.deletion import check_preconditions, mark
from miniapi.registry.resource import Versioned
from miniapi.schema.convert import ConvertError, path_converter
from miniapi.schema.model import Field, Schema
from miniapi.storage.interface import KeyConflict, Stored
from miniapi.wire import JSON

POLICIES = ("Foreground", "Background", "Orphan")
DELETE_OPTIONS = GroupVersionKind("meta.k8s.io", "v1", "DeleteOptions")
_SCHEME = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"
"""Where the original's decoder looks types up, as it tells of those that are not there."""
_OF_EVERY_VERSION = frozenset(
    ("Status", "APIVersions", "APIGroup", "APIGroupList", "APIResourceList", "CreateOptions", "UpdateOptions")
)
_OF_META_V1 = frozenset(
    ("ListOptions", "GetOptions", "PatchOptions", "TableOptions", "Table", "WatchEvent", "PartialObjectMetadata")
)
"""The other types of that scheme, which are known before they are refused."""
_TEXT = Schema("string", go_type="string")
_PRECONDITIONS = Schema(
    "object",
    name="Preconditions",
    go_type="v1.Preconditions",
    fields={
        "uid": Field("uid", Schema("string", go_type="types.UID"), pointer=True),
        "resourceVersion": Field("resourceVersion", _TEXT, pointer=True),
    },
)
_OPTIONS = Schema(
    "object",
    name="DeleteOptions",
    fields={
        "kind": Field("kind", _TEXT),
        "apiVersion": Field("apiVersion", _TEXT),
        "gracePeriodSeconds": Field("gracePeriodSeconds", Schema("integer", "int64"), pointer=True),
        "preconditions": Field("preconditions", _PRECONDITIONS, pointer=True),
        "orphanDependents": Field("orphanDependents", Schema("boolean"), pointer=True),
        "propagationPolicy": Field(
            "propagationPolicy", Schema("string", go_type="v1.DeletionPropagation"), pointer=True
        ),
        "dryRun": Field("dryRun", Schema("array", items=_TEXT, go_type="[]string")),
    },
)
_convert = path_converter(_OPTIONS)


async def delete_options(context: Context) -> dict[str, Any]:
    """metav1.DeleteOptions from the body, or from the query where there is none; 422 for what does not go together.

    400 for a body that is no DeleteOptions.
    """
    raw = await read(context)
    return checked(_decoded(context, raw) if raw else _of_query(context))


def checked(options: dict[str, Any]) -> dict[str, Any]:
    """The options, a negative grace period made 1; 422 for what does not go together."""
    causes = _causes(options)
    if causes:
        raise errors.invalid("DeleteOptions", "meta.k8s.io", "", causes)
    if (options.get("gracePeriodSeconds") or 0) < 0:
        options["gracePeriodSeconds"] = 1
    return options


def _decoded(context: Context, raw: bytes) -> dict[str, Any]:
    codec = codec_for(context.request.headers.get("Content-Type") or JSON, cbor=context.cbor)
    try:
        obj = codec.decode(raw, DELETE_OPTIONS).obj
        given = given_type({} if obj is None else obj, DELETE_OPTIONS)
        if given.kind != DELETE_OPTIONS.kind:
            raise errors.bad_request(_other_type(given))
        options: dict[str, Any] = _convert(obj or {})[0]
    except (DecodeError, ConvertError) as problem:
        raise errors.bad_request(str(problem)) from None
    return options


def _other_type(given: GroupVersionKind) -> str:
    if given.kind in _OF_EVERY_VERSION or (given.api_version == "meta.k8s.io/v1" and given.kind in _OF_META_V1):
        return f"converting (v1.{given.kind}) to (v1.DeleteOptions): unknown conversion"
    return f'no kind "{given.kind}" is registered for version "{given.api_version}" in scheme "{_SCHEME}"'


def _of_query(context: Context) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, value in reversed(context.info.query):  # the first of a name counts
        if name == "gracePeriodSeconds":
            options[name] = integer(value)
        elif name == "propagationPolicy":
            options[name] = value
        elif name == "orphanDependents":
            options[name] = truthy(value)
        elif name == "dryRun":
            options[name] = [value, *options.get(name, [])]
        elif name in ("uid", "resourceVersion") and value:
            options.setdefault("preconditions", {})[name] = value
    return options


def _causes(options: dict[str, Any]) -> list[errors.Cause]:
    """metav1 validation.ValidateDeleteOptions."""
    causes: list[errors.Cause] = []
    policy = options.get("propagationPolicy")
    if policy is not None:
        shown = orjson.dumps(policy).decode()
        if options.get("orphanDependents") is not None:
            why = f"Invalid value: {shown}: orphanDependents and deletionPropagation cannot be both set"
            causes.append(errors.Cause("FieldValueInvalid", why, "propagationPolicy"))
        if policy not in POLICIES:
            supported = ", ".join(f'"{p}"' for p in (*POLICIES, "nil"))
            why = f"Unsupported value: {shown}: supported values: {supported}"
            causes.append(errors.Cause("FieldValueNotSupported", why, "propagationPolicy"))
    return causes + dry_run_causes(options.get("dryRun") or [])


def warn_of_orphans(context: Context, scope: Scope, options: dict[str, Any]) -> None:
    """Whoever deletes such a kind without a word about its dependents is told that they stay."""
    unsaid = options.get("propagationPolicy") is None and options.get("orphanDependents") is None
    if scope.strategy.orphan_warning and unsaid:
        context.warn(scope.strategy.orphan_warning)


async def remove(
    context: Context, scope: Scope, found: Stored, options: dict[str, Any], *, of_collection: bool = False
) -> tuple[Object, bool]:
    """-> (the object as last seen, whether it is gone).

    Admission is told no name for objects of a collection, as in the original.
    """
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
        told = "" if of_collection else name
        write = attributes(context, scope, "DELETE", told, None, old, write_opts)
        write.namespace = old["metadata"].get("namespace") or write.namespace
        write.options = {**options, **write.options}
        await scope.admission.mutate(write)
        await scope.admission.validate(write)
        obj = versioned.object(current)
        gone = mark(scope.kind, obj, options, write_context(context, scope, name, write_opts), scope.clock())
        if dry_run:
            return obj, gone
        try:
            if gone:
                await let_go(versioned, current, old, obj)
                if scope.hooks.after_delete:
                    await scope.hooks.after_delete(obj)
                return obj, True
            if obj == old and not current.stale:
                return obj, False
            stored = await versioned.resource.replace(current, versioned.to_storage(obj))
            return versioned.object(stored), False
        except KeyConflict as conflict:
            current = conflict.current


async def let_go(versioned: Versioned, current: Stored, old: Object, obj: Object) -> None:
    """Removes an object whose time has come, after its mark was stored if it is new; KeyConflict where it moved on.

    `obj` gets the resource version of its end.
    """
    if _marks(obj) != _marks(old):
        current = await versioned.resource.replace(current, versioned.to_storage(obj))
    obj["metadata"]["resourceVersion"] = str(await versioned.resource.remove(current))


def _marks(obj: Object) -> tuple[Any, Any]:
    return obj["metadata"].get("deletionTimestamp"), obj["metadata"].get("deletionGracePeriodSeconds")


def success(kind: Kind, obj: Object) -> dict[str, Any]:
    """The Status of a finished deletion."""
    details: dict[str, Any] = {"name": obj["metadata"]["name"]}
    if kind.gvk.group:
        details["group"] = kind.gvk.group
    details["kind"] = kind.plural
    if obj["metadata"].get("uid"):
        details["uid"] = obj["metadata"]["uid"]
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
