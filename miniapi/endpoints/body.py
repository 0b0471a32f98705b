"""From a request's body to a typed, defaulted object."""

from __future__ import annotations

from miniapi import errors
from miniapi.codec.builtin import codec_for
from miniapi.codec.interface import DecodeError
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.meta.gvk import GroupVersionKind, parse_api_version
from miniapi.meta.objects import Object
from miniapi.schema.convert import ConvertError

_INTERNAL_PACKAGES = {
    "": "core",
    "events.k8s.io": "core",
    "flowcontrol.apiserver.k8s.io": "flowcontrol",
    "internal.apiserver.k8s.io": "apiserverinternal",
    "rbac.authorization.k8s.io": "rbac",
}
"""Go packages of internal types whose name is not the first part of their group."""
MAX_BODY_BYTES = 3 * 1024 * 1024


async def read(context: Context) -> bytes:
    """The raw body; 413 above the limit."""
    return await context.request.read(MAX_BODY_BYTES)


def complain(context: Context, complaints: list[str], field_validation: str, gvk: GroupVersionKind) -> None:
    """Unknown and duplicate fields: a 400, warnings, or nothing."""
    if not complaints or field_validation == "Ignore":
        return
    if field_validation == "Strict":
        raise errors.bad_request(
            f'{gvk.kind} in version "{gvk.version}" cannot be handled as a {gvk.kind}: '
            f"strict decoding error: {', '.join(complaints)}"
        )
    for complaint in complaints:
        context.warn(complaint)


def type_meta(obj: Object, expected: GroupVersionKind) -> None:
    """Fills apiVersion and kind from the URL; 400 where the body says another type."""
    if not obj.get("kind"):
        obj["kind"] = expected.kind
    if not obj.get("apiVersion"):
        obj["apiVersion"] = expected.api_version


def decode(context: Context, scope: Scope, data: bytes, expected: GroupVersionKind, field_validation: str) -> Object:
    """Decodes, checks the type, converts to the kind's fields and defaults."""
    content_type = context.request.headers.get("Content-Type") or "application/json"
    codec = codec_for(content_type, custom=scope.kind.custom)
    try:
        decoded = codec.decode(data, expected)
    except DecodeError as problem:
        raise errors.bad_request(
            f'{expected.kind} in version "{expected.version}" cannot be handled as a {expected.kind}: {problem}'
        ) from None
    obj = decoded.obj
    if not isinstance(obj, dict):
        raise errors.bad_request(
            "couldn't get version/kind; json parse error: json: cannot unmarshal "
            f"{json_type(obj)} into Go value of type struct "
            '{ APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
        )
    return typed(context, scope, obj, expected, field_validation, list(decoded.duplicates))


def typed(
    context: Context,
    scope: Scope,
    obj: Object,
    expected: GroupVersionKind,
    field_validation: str,
    complaints: list[str],
) -> Object:
    """As `decode`, from a decoded object."""
    type_meta(obj, expected)
    try:
        group, version = parse_api_version(obj["apiVersion"])
    except (ValueError, AttributeError) as problem:
        raise errors.bad_request(str(problem)) from None
    if (group, version, obj["kind"]) != tuple(expected):
        raise errors.bad_request(_other_type(scope, GroupVersionKind(group, version, obj["kind"]), expected))
    try:
        obj, unknown = scope.convert(obj)
    except ConvertError as problem:
        raise errors.bad_request(
            f'{expected.kind} in version "{expected.version}" cannot be handled as a {expected.kind}: {problem}'
        ) from None
    complain(context, complaints + unknown, field_validation, expected)
    scope.default(obj)
    scope.strategy.default(obj)
    return obj


def _other_type(scope: Scope, given: GroupVersionKind, expected: GroupVersionKind) -> str:
    """Types that the original knows are decoded before it sees that they are the wrong ones."""
    known = scope.known_types(given)
    if given.kind == expected.kind and (known is not None or scope.kind.custom):
        return (
            f"the API version in the data ({given.api_version}) does not match the expected API version "
            f"({expected.api_version})"
        )
    start = f'{given.kind} in version "{given.version}" cannot be handled as a {expected.kind}: '
    if known is None:
        return (
            f'{start}no kind "{given.kind}" is registered for version "{given.api_version}" in scheme '
            '"pkg/api/legacyscheme/scheme.go:30"'
        )
    package = _INTERNAL_PACKAGES.get(expected.group, expected.group.split(".")[0])
    return f"{start}converting ({known.go_type}) to ({package}.{expected.kind}): unknown conversion"


def json_type(value: object) -> str:
    """How Go's decoder names a JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "array" if isinstance(value, list) else "object"
