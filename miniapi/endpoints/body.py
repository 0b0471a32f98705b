"""From a request's body to a typed, defaulted object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from miniapi import errors
from miniapi.codec.builtin import PROTOBUF, codec_for
from miniapi.codec.interface import DecodeError
from miniapi.codec.json import JsonCodec, as_written, in_stream_order
from miniapi.codec.protobuf import NOT_MARSHALABLE
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.meta.gvk import GroupVersionKind, internal_type, parse_api_version
from miniapi.meta.objects import Object, name_of
from miniapi.meta.raw import canonical, keep_texts
from miniapi.schema.coerce import coercer
from miniapi.schema.convert import ConvertError, path_converter
from miniapi.schema.model import Schema
from miniapi.wire import JSON

MAX_BODY_BYTES = 3 * 1024 * 1024
SUMMARY_BYTES = 30
_SCHEME = "pkg/api/legacyscheme/scheme.go:30"
_OWN_SCHEMES = {
    "apiextensions.k8s.io": ("k8s.io/apiextensions-apiserver/pkg/apiserver/apiserver.go:55", "v1beta1"),
    "apiregistration.k8s.io": ("k8s.io/kube-aggregator/pkg/apiserver/scheme/scheme.go:28", "v1beta1"),
}
"""Groups whose servers know no types but theirs: what such a server calls its scheme, and a version it reads only."""
UNTYPED = "couldn't get version/kind; json parse error: "
_TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


async def read(context: Context) -> bytes:
    """The raw body; 413 above the limit."""
    return await context.request.read(MAX_BODY_BYTES)


class Unfit(Exception):
    """A body that is not an object of the kind; the message is the decoder's."""


def decode(
    context: Context,
    scope: Scope,
    data: bytes,
    expected: GroupVersionKind,
    field_validation: str,
    also: GroupVersionKind | None = None,
) -> Object:
    """Decodes, checks the type, converts to the kind's fields and defaults; 400 or 415 where that cannot be.

    `also` is another type that is taken, and has the same fields.
    """
    content_type = context.request.headers.get("Content-Type") or JSON
    codec = codec_for(content_type, cbor=context.cbor)
    try:
        decoded = codec.decode(data, expected)
        obj = {} if decoded.obj is None else decoded.obj
        given = given_type(obj, expected, whole=scope.unstructured)
        if codec is PROTOBUF and not scope.protobuf:
            raise DecodeError(NOT_MARSHALABLE, given)
        if scope.unstructured and not obj.get("kind"):
            shown = data if codec.media_type == JSON else JsonCodec().encode(obj)
            raise DecodeError(f"Object 'Kind' is missing in '{shown.decode('utf-8', 'replace')}'")
    except DecodeError as problem:
        raise errors.bad_request(_undecodable(scope, data, expected, problem)) from None
    if given == also:
        given = expected
    if scope.unstructured and (given.group, given.version) != (expected.group, expected.version):
        raise _other_custom_version(context, scope, obj, given, field_validation)
    handled = f'{given.kind} in version "{given.version}" cannot be handled as a {expected.kind}: '
    try:
        obj, unknown = fit(scope, obj, given, expected)
    except Unfit as problem:
        why = _as_written(scope, data, given, expected) if codec.media_type == JSON else None
        raise errors.bad_request(f"{handled}{why or problem}") from None
    complaints = [*decoded.duplicates, *unknown]
    if decoded.duplicates and unknown and codec.media_type == JSON:
        complaints = in_stream_order(data, unknown)
    if complaints and field_validation == "Strict":
        raise errors.bad_request(handled + strict_error(complaints))
    warn_of(context, complaints, field_validation)
    default(scope, obj)
    if codec.media_type == JSON:
        keep_texts(obj, data, scope.strategy.raw_members)
    elif codec is not PROTOBUF:  # which has brought the texts along
        rewrite(scope, obj, canonical)
    return obj


def rewrite(scope: Scope, obj: Object, written: Callable[[Object], Object]) -> None:
    """Objects that the kind keeps as text, written anew, in place."""
    for name in scope.strategy.raw_members:
        if isinstance(value := obj.get(name), dict):
            obj[name] = written(value)


def _undecodable(scope: Scope, data: bytes, expected: GroupVersionKind, problem: DecodeError) -> str:
    """handlers.transformDecodeError."""
    given = problem.given
    if given is None:
        return f"the object provided is unrecognized (must be of type {expected.kind}): {problem} ({_summary(data)})"
    why = str(problem) if scope.protobuf else NOT_MARSHALABLE
    return f'{given.kind} in version "{given.version}" cannot be handled as a {expected.kind}: {why}'


def _as_written(scope: Scope, data: bytes, given: GroupVersionKind, expected: GroupVersionKind) -> str | None:
    """What is wrong with a JSON body that does not fit, naming its numbers as they stand there."""
    try:
        fit(scope, as_written(data), given, expected)
    except Unfit as problem:
        return str(problem)
    return None


def fit(scope: Scope, obj: Object, given: GroupVersionKind, expected: GroupVersionKind) -> tuple[Object, list[str]]:
    """-> (the object with its kind's fields, complaints about others). Raises Unfit, and 400 for another version."""
    if given != expected:
        if scope.unstructured:
            raise _other_custom_type(obj, given, expected)
        raise _other_type(scope, obj, given, expected)
    obj["kind"], obj["apiVersion"] = expected.kind, expected.api_version
    meta = obj.get("metadata")
    try:
        fitted, unknown = scope.convert(obj)
    except ConvertError as problem:
        raise Unfit(str(problem)) from None
    if meta.__class__ is dict and meta.get("managedFields") == []:
        # Empty as it is, it asks to forget all managers; who tracks them takes it out again.
        fitted["metadata"]["managedFields"] = []
    return fitted, unknown


def fit_again(scope: Scope, obj: Object, expected: GroupVersionKind) -> tuple[Object, list[str]]:
    """As `fit`, for an object that was patched. Raises Unfit, and 400 for another version."""
    try:
        given = given_type(obj, expected, whole=scope.unstructured)
    except DecodeError as problem:
        raise Unfit(str(problem)) from None
    if scope.unstructured and not obj.get("kind"):
        raise Unfit(f"Object 'Kind' is missing in '{orjson.dumps(obj, option=orjson.OPT_SORT_KEYS).decode()}'")
    if scope.unstructured and not obj.get("apiVersion"):
        raise errors.internal("Object 'apiVersion' is missing in 'object has no apiVersion field'")
    return fit(scope, obj, given, expected)


def default(scope: Scope, obj: Object) -> None:
    """Fills in what the kind defaults, in place."""
    scope.default(obj)
    scope.strategy.default(obj)


def strict_error(complaints: Sequence[str]) -> str:
    """runtime.NewStrictDecodingError."""
    return f"strict decoding error: {', '.join(complaints)}"


def warn_of(context: Context, complaints: Sequence[str], field_validation: str) -> None:
    """Unknown and duplicate fields become warnings, unless they are to be ignored."""
    if field_validation != "Ignore":
        for complaint in complaints:
            context.warn(complaint)


def given_type(obj: Any, expected: GroupVersionKind, *, whole: bool = False) -> GroupVersionKind:
    """What the object says it is, what it leaves out taken from the URL (SimpleMetaFactory.Interpret).

    `whole`: custom objects have to name their version.
    """
    if not isinstance(obj, dict):
        raise DecodeError(f"{UNTYPED}json: cannot unmarshal {json_type(obj)} into Go value of type {_TYPE_META}")
    for name in ("apiVersion", "kind"):
        value = obj.get(name)
        if value is not None and not isinstance(value, str):
            found = json_type(value)
            raise DecodeError(f"{UNTYPED}json: cannot unmarshal {found} into Go struct field .{name} of type string")
    try:
        group, version = parse_api_version(obj.get("apiVersion") or "")
    except ValueError as problem:
        raise DecodeError(str(problem)) from None
    if not whole and not version and group in ("", expected.group):
        group, version = expected.group, expected.version
    return GroupVersionKind(group, version, obj.get("kind") or expected.kind)


def _summary(data: bytes) -> str:
    """The start of a body that nobody could read (handlers.summarizeData)."""
    if not data:
        return "<empty>"
    more = " ..." if len(data) > SUMMARY_BYTES else ""
    start = data[:SUMMARY_BYTES]
    return (start.decode("utf-8", "replace") if start[:1] == b"{" else start.hex()) + more


def _other_type(scope: Scope, obj: Object, given: GroupVersionKind, expected: GroupVersionKind) -> Exception:
    """Types that the original knows are decoded before it sees that they are the wrong ones."""
    scheme, gone = _OWN_SCHEMES.get(expected.group, (_SCHEME, ""))
    known = scope.known_types(given) if scheme == _SCHEME or given.group == expected.group else None
    if known is not None:
        try:
            path_converter(known)(obj)
        except ConvertError as problem:
            return Unfit(str(problem))
    if given.kind == expected.kind and (known is not None or given.version == gone):
        return errors.bad_request(
            f"the API version in the data ({given.api_version}) does not match the expected API version "
            f"({expected.api_version})"
        )
    if known is None:
        return Unfit(f'no kind "{given.kind}" is registered for version "{given.api_version}" in scheme "{scheme}"')
    return Unfit(f"converting ({known.go_type}) to ({internal_type(expected)}): unknown conversion")


def _other_custom_version(
    context: Context, scope: Scope, obj: Object, given: GroupVersionKind, field_validation: str
) -> errors.ApiError:
    """Of the same kind, it is pruned before it is refused; of a version that is not there no fields are known."""
    expected = scope.gvk
    if (given.group, given.kind) == (expected.group, expected.kind) and scope.schema is not None:
        own = {name: scope.schema.fields[name] for name in ("apiVersion", "kind", "metadata")}
        known = scope.known_types(given) or Schema("object", fields=own)
        warn_of(context, coercer(known, own["metadata"].schema)(obj)[1], field_validation)
    return errors.bad_request(
        f"the API version in the data ({given.api_version}) does not match the expected API version "
        f"({expected.api_version})"
    )


def _other_custom_type(obj: Object, given: GroupVersionKind, expected: GroupVersionKind) -> errors.ApiError:
    """Custom resources are validated for it (customResourceValidator.ValidateTypeMeta)."""
    causes = []
    for name, value, wanted in (
        ("kind", given.kind, expected.kind),
        ("apiVersion", given.api_version, expected.api_version),
    ):
        if value != wanted:
            causes.append(errors.Cause("FieldValueInvalid", f'Invalid value: "{value}": must be {wanted}', name))
    return errors.invalid(given.kind, given.group, name_of(obj), causes)


def json_type(value: object) -> str:
    """How Go's decoder names a JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "array" if isinstance(value, list) else "object"
