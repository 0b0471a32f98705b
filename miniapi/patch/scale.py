"""Managed fields of a scale subresource: `spec.replicas` of a Scale is a field of its parent.

After k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go.
"""

from __future__ import annotations

from collections.abc import Mapping

from miniapi.meta.objects import Object
from miniapi.patch import fieldpath
from miniapi.patch.managed_fields import Managed, Owned, decode, encode

SCALE_VERSION = "autoscaling/v1"
REPLICAS = ("f:spec", "f:replicas")
Paths = Mapping[str, tuple[str, ...] | None]
"""By apiVersion of the parent: where its replicas are (`("f:spec", "f:replicas")`); None: it has none."""


def path_of(dotted: str) -> tuple[str, ...]:
    """`.spec.replicas` as path elements."""
    return tuple("f:" + name for name in dotted.strip(".").split("."))


def to_scale(parent_entries: list[Object] | None, paths: Paths) -> list[Object]:
    """The entries that own the parent's replicas, as a Scale shows them."""
    out: Managed = {}
    for key, owned in decode(parent_entries, trusted=True).items():
        path = paths.get(owned.api_version)
        if path is not None and fieldpath.has(owned.fields, path):
            out[key] = Owned(fieldpath.of(REPLICAS), SCALE_VERSION, owned.time)
    return encode(out)


def to_parent(
    parent_entries: list[Object] | None, scale_entries: list[Object] | None, api_version: str, paths: Paths
) -> list[Object]:
    """The parent's entries after a write of its Scale; `api_version` is the parent's.

    Updaters are told apart by version, so one that owned replicas already is not found again and its
    entry of the Scale stands by itself, without a time: the original's answer.
    """
    parent = decode(parent_entries, trusted=True)
    scale = decode(scale_entries, trusted=True)
    out: Managed = {}
    for key, owned in parent.items():
        if owned.api_version not in paths:
            continue
        path = paths[owned.api_version]
        if path is None or not fieldpath.has(owned.fields, path):
            out[key] = owned
        elif key in scale:
            out[key] = owned
            del scale[key]
        else:
            rest = fieldpath.difference(owned.fields, fieldpath.of(path))
            if rest:
                out[key] = Owned(rest, owned.api_version, owned.time)
    path = paths.get(api_version)
    for key, owned in scale.items():
        if path is not None and fieldpath.has(owned.fields, REPLICAS):
            out[key] = Owned(fieldpath.of(path), api_version, parent[key].time if key in parent else None)
    return encode(out)
