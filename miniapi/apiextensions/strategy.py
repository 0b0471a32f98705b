"""What writes of custom objects do and may not do (apiextensions-apiserver/pkg/registry/customresource)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from miniapi.apiextensions.json_path import simple_path, text_at
from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.validation.field import show

_STANDARD = ("kubernetes", "orphan", "foregroundDeletion")


def _without_metadata(obj: Object) -> Object:
    return {name: value for name, value in obj.items() if name != "metadata"}


def _drop_status(obj: Object, _ctx: WriteContext) -> None:
    obj.pop("status", None)


def _keep_status(obj: Object, old: Object, _ctx: WriteContext) -> None:
    if "status" in old:
        obj["status"] = old["status"]
    else:
        obj.pop("status", None)


def _only_status(obj: Object, old: Object, _ctx: WriteContext) -> None:
    """Everything but status and managed fields is as it was."""
    status, fields = obj.get("status"), obj["metadata"].get("managedFields")
    had_status = "status" in obj
    obj.clear()
    obj.update(old)
    meta = obj["metadata"] = dict(old["metadata"])
    meta.pop("managedFields", None)
    if fields is not None:
        meta["managedFields"] = fields
    if had_status:
        obj["status"] = status
    else:
        obj.pop("status", None)


def _finalizer_warnings(obj: Object, old: Object | None) -> list[str]:
    """Finalizers without a domain pass, since they always have."""
    known = (old["metadata"].get("finalizers") or []) if old is not None else []
    warnings = []
    for name in sorted(set(obj["metadata"].get("finalizers") or []) - set(known)):
        if "/" in name or name in _STANDARD:
            continue
        path = " including a path (/)" if "." in name else ""
        why = (
            f"prefer a domain-qualified finalizer name{path} to avoid accidental conflicts with other finalizer writers"
        )
        warnings.append(f"metadata.finalizers: {show(name)}: {why}")
    return warnings


def _warnings_create(obj: Object, _ctx: WriteContext) -> list[str]:
    return _finalizer_warnings(obj, None)


def _warnings_update(obj: Object, old: Object, _ctx: WriteContext) -> list[str]:
    return _finalizer_warnings(obj, old)


def _selectors(version: Mapping[str, object]) -> dict[str, Callable[[Object], str]]:
    fields = version.get("selectableFields") or ()
    assert isinstance(fields, (list, tuple))
    return {f["jsonPath"].lstrip("."): _selector(simple_path(f["jsonPath"])) for f in fields}


def _selector(path: tuple[str, ...]) -> Callable[[Object], str]:
    return lambda obj: text_at(obj, path)


def main_strategy(version: Mapping[str, object], has_status: bool) -> Strategy:
    """Of the objects themselves: any change but that of metadata raises the generation."""
    plain = Strategy(
        allow_unconditional_update=False,
        tracks_generation=True,
        generation_of=_without_metadata,
        warnings_create=_warnings_create,
        warnings_update=_warnings_update,
        selectable_fields=_selectors(version),
        reset_fields=frozenset(),
    )
    if not has_status:
        return plain
    return replace(plain, prepare_create=_drop_status, prepare_update=_keep_status, reset_fields=frozenset({"status"}))


def status_strategy(fields: frozenset[str]) -> Strategy:
    """Of the status endpoint; `fields` are the top-level fields beside the status."""
    return Strategy(prepare_update=_only_status, allow_unconditional_update=False, reset_fields=fields)
