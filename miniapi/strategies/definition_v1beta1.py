"""Definitions as they lie in etcd: kube-apiserver still stores apiextensions.k8s.io/v1beta1, which it serves no more.

What all versions have in common stands there once, beside the list of versions (pkg/apis/apiextensions/v1,
conversion.go; v1beta1, types.go and defaults.go).
"""

from __future__ import annotations

from typing import Any

from miniapi.meta.objects import Object, copy

API_VERSION = "apiextensions.k8s.io/v1beta1"

_SHARED = {
    "schema": "validation",
    "subresources": "subresources",
    "additionalPrinterColumns": "additionalPrinterColumns",
    "selectableFields": "selectableFields",
}
"""A member of a version -> where it stands when it is the same in all."""
_SPEC = (
    *("group", "version", "names", "scope", "validation", "subresources", "versions", "additionalPrinterColumns"),
    *("selectableFields", "conversion", "preserveUnknownFields"),
)


def to_v1beta1(obj: Object) -> Object:
    """A v1 object as it is stored; what is given stays as it is."""
    spec: Object = {"preserveUnknownFields": False, **obj["spec"]}
    versions = [dict(version) for version in spec.get("versions") or ()]
    if versions:
        spec["version"] = versions[0]["name"]
    for member, shared in _SHARED.items():
        # Go tells an empty struct from none, but not an empty list.
        values = [version.get(member) if version.get(member) != [] else None for version in versions]
        if any(value != values[0] for value in values):
            continue
        for version, value in zip(versions, values, strict=True):
            version.pop(member, None)
            if value is not None:
                spec[shared] = value
    for holder in (spec, *versions):
        _rename_column_paths(holder, "jsonPath", "JSONPath")
    spec["versions"] = versions
    conversion = spec.get("conversion")
    if conversion:
        webhook = conversion.get("webhook") or {}
        told = {
            "strategy": conversion.get("strategy", ""),
            "webhookClientConfig": webhook.get("clientConfig"),
            "conversionReviewVersions": webhook.get("conversionReviewVersions"),
        }
        spec["conversion"] = {name: value for name, value in told.items() if value is not None}
    ordered = {name: spec[name] for name in _SPEC if name in spec}
    return {**obj, "apiVersion": API_VERSION, "spec": ordered}


def from_v1beta1(obj: Object) -> Object:
    """A stored object in v1, with the defaults of v1beta1; what is given is used up."""
    spec = obj.get("spec") or {}
    name = spec.pop("version", "")
    versions = spec.get("versions") or ([{"name": name, "served": True, "storage": True}] if name else [])
    for member, shared in _SHARED.items():
        if spec.get(shared) is not None:
            found = spec.pop(shared)
            for version in versions:
                version[member] = copy(found)
    for version in versions:
        _rename_column_paths(version, "JSONPath", "jsonPath")
    names, conversion = spec.get("names") or {}, spec.get("conversion") or {"strategy": "None"}
    kind = names.get("kind", "")
    names.setdefault("singular", kind.lower())
    names.setdefault("listKind", f"{kind}List")
    told: Object = {"strategy": conversion.get("strategy", "")}
    reviews = conversion.get("conversionReviewVersions")
    if told["strategy"] == "Webhook" and not reviews:
        reviews = ["v1beta1"]
    webhook = {"clientConfig": conversion.get("webhookClientConfig"), "conversionReviewVersions": reviews}
    if any(value is not None for value in webhook.values()):
        told["webhook"] = {name: value for name, value in webhook.items() if value is not None}
    v1: Object = {
        "group": spec.get("group", ""),
        "names": names,
        "scope": spec.get("scope") or "Namespaced",
        "versions": versions,
        "conversion": told,
    }
    if spec.get("preserveUnknownFields", True):
        v1["preserveUnknownFields"] = True
    return {**obj, "apiVersion": "apiextensions.k8s.io/v1", "spec": v1}


def _rename_column_paths(holder: dict[str, Any], before: str, after: str) -> None:
    columns = holder.get("additionalPrinterColumns")
    if columns:
        holder["additionalPrinterColumns"] = [
            {after if name == before else name: value for name, value in column.items()} for column in columns
        ]
