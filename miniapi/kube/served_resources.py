"""The resource of a kind, of built-in and custom ones alike: what a RESTMapper is asked."""

from __future__ import annotations

from collections.abc import Callable

from miniapi.client.informers import SharedInformerFactory
from miniapi.kinds.catalog import Catalog
from miniapi.meta.gvk import GroupVersionKind


def served_resources(
    catalog: Catalog, informers: SharedInformerFactory
) -> Callable[[GroupVersionKind], tuple[str, bool] | None]:
    """A function from a kind to its plural and whether it is namespaced; None for what is not served."""
    definitions = informers.informer("apiextensions.k8s.io", "v1", "customresourcedefinitions")

    def resource_of(gvk: GroupVersionKind) -> tuple[str, bool] | None:
        kind = catalog.kind(gvk)
        if kind is not None:
            return kind.plural, kind.namespaced
        for definition in definitions.list():
            spec, names = definition["spec"], (definition.get("status") or {}).get("acceptedNames") or {}
            if (spec["group"], names.get("kind")) == (gvk.group, gvk.kind):
                if any(v["name"] == gvk.version and v.get("served") for v in spec["versions"]):
                    return names["plural"], spec["scope"] == "Namespaced"
        return None

    return resource_of
