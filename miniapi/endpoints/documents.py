"""Discovery: what a client learns of groups, versions and resources."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind

Document = dict[str, Any]


def storage_hash(kind: Kind) -> str:
    """storageVersionHash: of the stored group, version and kind."""
    gvk = kind.shared_form.gvk if kind.shared_form else kind.storage_gvk or kind.gvk
    digest = hashlib.sha256(f"{gvk.group}/{gvk.version}/{gvk.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def resource_list(kinds: Iterable[Kind], api_version: str) -> Document:
    """APIResourceList of one version, subresources after their resource, sorted by name."""
    rows: list[Document] = []
    kinds = list(kinds)
    for kind in kinds:
        row: Document = {
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.gvk.kind,
            "verbs": _verbs(kind, kind.verbs),
        }
        if kind.short_names:
            row["shortNames"] = list(kind.short_names)
        if kind.categories:
            row["categories"] = list(kind.categories)
        if "watch" in kind.verbs:
            row["storageVersionHash"] = storage_hash(kind)
        rows.append(row)
        for sub in kind.subresources.values():
            entry: Document = {"name": f"{kind.plural}/{sub.name}", "singularName": "", "namespaced": kind.namespaced}
            if (sub.gvk.group, sub.gvk.version) != (kind.gvk.group, kind.gvk.version):
                entry["group"], entry["version"] = sub.gvk.group, sub.gvk.version
            entry["kind"] = sub.gvk.kind
            entry["verbs"] = _verbs(kind, sub.verbs)
            rows.append(entry)
    if not any(kind.custom for kind in kinds):
        rows.sort(key=lambda r: r["name"])
    document: Document = {"kind": "APIResourceList", "groupVersion": api_version, "resources": rows}
    if "/" in api_version:
        document = {"kind": "APIResourceList", "apiVersion": "v1", **{k: v for k, v in document.items() if k != "kind"}}
    return document


def group(name: str, versions: Iterable[str]) -> Document:
    """APIGroup without its type."""
    listed = [{"groupVersion": f"{name}/{v}", "version": v} for v in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _verbs(kind: Kind, verbs: Iterable[str]) -> list[str]:
    """Sorted, but for custom kinds, whose order the original wrote down."""
    return list(verbs) if kind.custom else sorted(verbs)


def _response_kind(gvk: GroupVersionKind, within: Kind) -> Document:
    """Group and version are said only where they are not those of the list; custom kinds always say them."""
    if not within.custom and (gvk.group, gvk.version) == (within.gvk.group, within.gvk.version):
        return {"group": "", "version": "", "kind": gvk.kind}
    return {"group": gvk.group, "version": gvk.version, "kind": gvk.kind}


def aggregated_resource(kind: Kind) -> Document:
    """APIResourceDiscovery."""
    row: Document = {
        "resource": kind.plural,
        "responseKind": _response_kind(kind.gvk, kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": _verbs(kind, kind.verbs),
    }
    if kind.short_names:
        row["shortNames"] = list(kind.short_names)
    if kind.categories:
        row["categories"] = list(kind.categories)
    if kind.subresources:
        row["subresources"] = [
            {"subresource": s.name, "responseKind": _response_kind(s.gvk, kind), "verbs": _verbs(kind, s.verbs)}
            for s in sorted(kind.subresources.values(), key=lambda s: s.name)
        ]
    return row


def _aggregated_version(version: str, kinds: list[Kind]) -> Document:
    """APIVersionDiscovery; a version without kinds is one whose server could not be asked."""
    if not kinds:
        return {"version": version, "freshness": "Stale"}
    resources = [aggregated_resource(k) for k in sorted(kinds, key=lambda k: k.plural)]
    return {"version": version, "resources": resources, "freshness": "Current"}


def aggregated(groups: dict[str, dict[str, list[Kind]]], version: str) -> Document:
    """APIGroupDiscoveryList of apidiscovery.k8s.io."""
    items = []
    for name, versions in groups.items():
        items.append(
            {
                "metadata": {"name": name} if name else {},
                "versions": [_aggregated_version(v, kinds) for v, kinds in versions.items()],
            }
        )
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": items,
    }
