"""A definition as rows of the catalog: one kind for each version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.apiextensions.definition import is_true, storage_version, versions
from miniapi.apiextensions.strategy import main_strategy
from miniapi.kinds.kind import Kind, Subresource
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy

VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
"""In the order of the original's discovery."""
_TERMINATING_VERBS = ("delete", "deletecollection", "get", "list", "watch")
_SUBRESOURCE_VERBS = ("get", "patch", "update")
SCALE = GroupVersionKind("autoscaling", "v1", "Scale")


def kinds_of(crd: Object) -> list[Kind]:
    """The served versions, as discovery shows them."""
    verbs = _TERMINATING_VERBS if is_true(crd, "Terminating") else VERBS
    return [kind_of(crd, version, verbs) for version in versions(crd) if version.get("served")]


def kind_of(crd: Object, version: Mapping[str, Any], verbs: tuple[str, ...] = VERBS) -> Kind:
    """One version as a row. Its names are those that were accepted."""
    spec = crd["spec"]
    names: Object = crd["status"]["acceptedNames"]
    gvk = GroupVersionKind(spec["group"], version["name"], names["kind"])
    below = version.get("subresources") or {}
    subresources = {}
    if below.get("status") is not None:
        subresources["status"] = Subresource("status", _SUBRESOURCE_VERBS, gvk, Strategy())
    if below.get("scale") is not None:
        subresources["scale"] = Subresource("scale", _SUBRESOURCE_VERBS, SCALE, Strategy())
    return Kind(
        gvk=gvk,
        plural=names["plural"],
        singular=names.get("singular", ""),
        namespaced=spec["scope"] == "Namespaced",
        verbs=verbs,
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=subresources,
        list_kind=names.get("listKind", ""),
        storage_gvk=GroupVersionKind(spec["group"], storage_version(crd), names["kind"]),
        storage_prefix=f"{spec['group']}/{names['plural']}",
        strategy=main_strategy(version, "status" in subresources),
        custom=True,
        deprecated=_deprecation(gvk, version),
    )


def _deprecation(gvk: GroupVersionKind, version: Mapping[str, Any]) -> str:
    if not version.get("deprecated"):
        return ""
    return version.get("deprecationWarning") or f"{gvk.api_version} {gvk.kind} is deprecated"
