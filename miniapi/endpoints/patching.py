"""From a patch request to the function that patches an object (handlers/patch.go)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from miniapi import errors
from miniapi.codec.cbor import CborCodec
from miniapi.codec.interface import Codec, DecodeError
from miniapi.codec.json import duplicates, loads
from miniapi.codec.yaml import YamlCodec
from miniapi.endpoints.body import Unfit, default, fit_again, json_type, read, rewrite, strict_error, warn_of
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import WriteOptions, manager_name, write_options
from miniapi.endpoints.routing import (
    APPLY_CBOR_PATCH,
    APPLY_PATCH,
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
    patch_types,
)
from miniapi.endpoints.scope import Scope
from miniapi.meta.go_json import json_complaint
from miniapi.meta.objects import Object
from miniapi.meta.raw import canonical, compacted, in_map_order, thawed
from miniapi.patch import json_patch, merge_patch, strategic
from miniapi.patch.go_format import plain, quote
from miniapi.patch.restore import Misfit, restored

Patched = tuple[Object, list[str], str]
"""The patched object, complaints about the patch, and what an error shows of either."""


APPLIES: dict[str, Codec] = {APPLY_PATCH: YamlCodec(), APPLY_CBOR_PATCH: CborCodec()}
"""The media types of server-side apply, and what reads their bodies."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch request, its options read and its body not yet looked into."""

    context: Context
    scope: Scope
    media_type: str
    options: WriteOptions
    manager: str
    body: bytes

    @property
    def applies(self) -> bool:
        """A server-side apply: it creates what is missing, and keeps managed fields itself."""
        return self.media_type in APPLIES

    def __call__(self, old: Object | None) -> Object:
        """A private copy of what is there (None: nothing, for an apply) to the object wanted, typed and defaulted."""
        if self.applies:
            return self._apply(old)
        assert old is not None
        strict = self.options.field_validation != "Ignore"
        obj, complaints, shown = PATCHERS[self.media_type](self.scope, old, self.body, strict)
        structural = self.media_type == STRATEGIC_PATCH
        fitted = _fit_restored if structural else _fit
        if not obj.get("apiVersion") and not self.scope.unstructured:
            fitted = _unread
        try:
            obj, unknown = fitted(self.scope, obj)
        except (Unfit, Misfit) as problem:
            raise _unfit(shown, str(problem)) from None
        if structural:
            unknown.sort()
        complaints = [*complaints, *unknown]
        if complaints and self.options.field_validation == "Strict":
            raise _unfit(shown, strict_error(complaints))
        warn_of(self.context, complaints, self.options.field_validation)
        default(self.scope, obj)
        rewrite(self.scope, obj, canonical if structural else compacted)
        return obj

    def _apply(self, old: Object | None) -> Object:
        scope, directive = self.scope, self.options.field_validation
        try:
            decoded = APPLIES[self.media_type].decode(self.body, scope.gvk)
        except DecodeError as problem:
            step = "error converting YAML to JSON: " if self.media_type == APPLY_PATCH else ""
            raise errors.bad_request(f"error decoding YAML: {step}{problem}") from None
        config = {} if decoded.obj is None else decoded.obj
        if not isinstance(config, dict):
            raise errors.bad_request(
                f"error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                f"{json_type(config)} into Go value of type map[string]interface {{}}"
            )
        merged = scope.fields.apply(old, config, self.manager, bool(self.options.force), scope.clock())
        complaints = [f"error converting YAML to JSON: {d}" for d in decoded.duplicates]
        if complaints and directive == "Strict":
            raise errors.bad_request(f"error strict decoding YAML: {complaints[0]}")
        warn_of(self.context, complaints, directive)
        try:
            if scope.convert_applied is not None:
                obj, _unknown = _fit(replace(scope, convert=scope.convert_applied), merged)
            else:
                obj, _unknown = _fit_restored(scope, merged)
        except (Unfit, Misfit) as problem:
            gvk = scope.gvk
            raise errors.server_error(
                f"failed to convert new object ({scope.fields.told(config)}) to proper version: unable to convert "
                f"unstructured object to {gvk.group}/{gvk.version}, Kind={gvk.kind}: {problem}"
            ) from None
        default(scope, obj)
        rewrite(scope, obj, canonical)
        return obj


async def read_patch(context: Context, scope: Scope) -> Patch:
    """415 for a media type that the kind does not take, 413, 400 and 422 for the parameters."""
    content_type = context.request.headers.get("Content-Type") or ""
    media_type = content_type.split(";")[0].strip()
    allowed = patch_types(context, scope)
    if media_type not in allowed:
        raise errors.unsupported_media_type(allowed)
    body = await read(context)
    options = write_options(context.info.query, "PatchOptions", apply=media_type in APPLIES, patch=True)
    manager = manager_name(options, context.request.headers.get("User-Agent", ""))
    return Patch(context, scope, media_type, options, manager, body)


def _unfit(shown: str, why: str) -> errors.ApiError:
    """422 for a patch whose result is not an object of the kind."""
    cause = errors.Cause("FieldValueInvalid", f"Invalid value: {quote(shown)}: {why}", "patch")
    return errors.invalid("", "", "", [cause])


def _unread(scope: Scope, obj: Object) -> tuple[Object, list[str]]:
    """What no version reads is read as the original's internal type, in which no field has its name."""
    del scope
    return {}, [f'unknown field "{name}"' for name in sorted(obj) if name not in ("apiVersion", "kind")]


def _fit(scope: Scope, obj: Object) -> tuple[Object, list[str]]:
    """-> (the patched object with its kind's fields, complaints about others). Raises Unfit."""
    return fit_again(scope, obj, scope.gvk)


def _fit_restored(scope: Scope, obj: Object) -> tuple[Object, list[str]]:
    """As `_fit`, by the rules of the original's converter; they matter only where its decoder's are not met."""
    try:
        return _fit(scope, obj)
    except Unfit:
        return _fit(scope, restored(obj, scope.schema))


def _json(scope: Scope, old: Object, body: bytes, strict: bool) -> Patched:
    start = "error decoding patch: " if strict else ""
    parsed = _loads(body, start)
    operations, unknown = json_patch.decode(parsed, strict=strict)
    complaints = [f"json patch {c}" for c in [*duplicates(body, parsed), *unknown]] if strict else []
    rewrite(scope, old, thawed)
    patched = json_patch.apply(old, operations)
    if not isinstance(patched, dict):
        raise errors.bad_request(f"json: cannot unmarshal {json_type(patched)} into Go value of type object")
    return patched, complaints, _text(patched)


def _merge(scope: Scope, old: Object, body: bytes, strict: bool) -> Patched:
    patch, complaints = _parse(body, "error decoding patch: ")
    if patch is None:
        raise errors.bad_request("Invalid JSON Patch")
    patched = merge_patch.apply(old, patch)
    for name in scope.strategy.raw_members:
        if name in patch:
            patched[name] = in_map_order(patched[name], patch[name])
    return patched, complaints if strict else [], _text(patched)


def _strategic(scope: Scope, old: Object, body: bytes, strict: bool) -> Patched:
    patch, complaints = _parse(body, "")
    patch = patch or {}
    rewrite(scope, old, thawed)
    patched = strategic.apply(old, patch, scope.schema)
    for name, own in (("apiVersion", scope.gvk.api_version), ("kind", scope.gvk.kind)):
        if isinstance(patched.get(name), str):
            patched[name] = own  # what a struct says of its type counts for nothing
    return patched, complaints if strict else [], plain(patch)


def _text(patched: Object) -> str:
    return orjson.dumps(patched, option=orjson.OPT_SORT_KEYS).decode()


def _loads(body: bytes, prefix: str) -> Any:
    try:
        return loads(body)
    except orjson.JSONDecodeError:
        raise errors.bad_request(prefix + json_complaint(body)) from None


def _parse(body: bytes, prefix: str) -> tuple[Any, list[str]]:
    """-> (the patch, complaints about keys that stand twice); 400."""
    patch = _loads(body, prefix)
    if patch is not None and not isinstance(patch, dict):
        found = json_type(patch)
        raise errors.bad_request(
            f"{prefix}json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
        )
    return patch, list(duplicates(body, patch))


PATCHERS: dict[str, Callable[[Scope, Object, bytes, bool], Patched]] = {
    JSON_PATCH: _json,
    MERGE_PATCH: _merge,
    STRATEGIC_PATCH: _strategic,
}
