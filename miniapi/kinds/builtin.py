"""All built-in kinds as rows: names and verbs from a generated table, behaviour from the strategies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import orjson

from miniapi.kinds.kind import Kind, SharedForm, Subresource
from miniapi.kinds.releases import ADDITIONS, SINCE, Addition
from miniapi.meta.gvk import GroupVersionKind, parse_api_version
from miniapi.meta.objects import Object
from miniapi.storage.keys import storage_prefix
from miniapi.strategies.builtin import CONVERSIONS, STRATEGIES, SUBRESOURCE_STRATEGIES
from miniapi.strategies.definition_v1beta1 import API_VERSION, from_v1beta1, to_v1beta1
from miniapi.strategies.interface import Strategy
from miniapi.validation.builtin import SUBRESOURCE_VALIDATIONS, VALIDATIONS
from miniapi.validation.interface import Validation

_STORED_AS = {
    ("autoscaling", "v1", "horizontalpodautoscalers"): GroupVersionKind("autoscaling", "v2", "HorizontalPodAutoscaler"),
    ("events.k8s.io", "v1", "events"): GroupVersionKind("", "v1", "Event"),
}
_STORED_AS_BETA = frozenset({"mutatingadmissionpolicies", "mutatingadmissionpolicybindings"})
"""Stable with this release: what the release before can read is stored (admissionregistration.k8s.io)."""
_SHARED_FORMS = {
    ("apiextensions.k8s.io", "customresourcedefinitions"): SharedForm(
        GroupVersionKind(*parse_api_version(API_VERSION), "CustomResourceDefinition"), to_v1beta1, from_v1beta1
    )
}
_DEPRECATED = {
    ("v1", "componentstatuses"): "v1 ComponentStatus is deprecated in v1.19+",
    ("v1", "endpoints"): "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
}

Row = dict[str, Any]
_ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


def builtin_kinds(release: str = "1.36") -> Iterator[Kind]:
    """Every kind of the release, in the original's order, whether it is served by default or not."""
    minor = int(release.split(".")[1])
    below: dict[tuple[str, str], list[tuple[str, Row]]] = {}
    rows: dict[tuple[str, str], Row] = {}
    stored: dict[tuple[str, str], GroupVersionKind] = {}
    for (api_version, plural, subresource), row in _table(minor):
        if subresource:
            below.setdefault((api_version, plural), []).append((subresource, row))
        else:
            rows[api_version, plural] = row
            group, version = parse_api_version(api_version)
            version = "v1beta1" if plural in _STORED_AS_BETA else version
            stored.setdefault((group, plural), GroupVersionKind(group, version, row["kind"]))
    for (api_version, plural), row in rows.items():
        group, _ = parse_api_version(api_version)
        storage = stored[group, plural]
        yield _kind(api_version, plural, row, below.get((api_version, plural), []), storage)


def _table(minor: int) -> Iterator[tuple[tuple[str, str, str], Row]]:
    """(version, plural, subresource) and its row, the stable versions first."""
    table: dict[str, Row] = orjson.loads(resources.files("miniapi.kinds").joinpath("data/resources.json").read_bytes())
    stable: dict[tuple[str, str], dict[str, Row]] = {}
    for path, row in table.items():
        parts = path.split("/")
        at = 1 if parts[0] == "v1" else 2
        api_version, plural, subresource = "/".join(parts[:at]), parts[at], "/".join(parts[at + 1 :])
        stable.setdefault((parse_api_version(api_version)[0], plural), {}).setdefault(subresource, row)
        if minor >= SINCE.get(path, 0):
            yield (api_version, plural, subresource), row
    for addition in ADDITIONS:
        if addition.first <= minor <= addition.last:
            group = parse_api_version(addition.api_version)[0]
            rows = _added(addition) if addition.kind else stable[group, addition.plural]
            for subresource, row in rows.items():
                yield (addition.api_version, addition.plural, subresource), row


def _added(addition: Addition) -> dict[str, Row]:
    names = {"kind": addition.kind, "namespaced": addition.namespaced}
    rows: dict[str, Row] = {"": {**names, "singularName": addition.kind.lower(), "verbs": list(_ALL_VERBS)}}
    if addition.status:
        rows["status"] = {**names, "singularName": "", "verbs": ["get", "patch", "update"]}
    return rows


def _kind(api_version: str, plural: str, row: Row, below: list[tuple[str, Row]], storage: GroupVersionKind) -> Kind:
    group, version = parse_api_version(api_version)
    place = (group, plural)
    gvk = GroupVersionKind(group, version, row["kind"])
    storage_gvk = _STORED_AS.get((group, version, plural))
    conversion = CONVERSIONS.get((group, version, plural))
    if storage_gvk is None and storage.version != version and place != ("autoscaling", "horizontalpodautoscalers"):
        storage_gvk, conversion = storage, (_renamed(storage), _renamed(gvk))
    return Kind(
        gvk=gvk,
        plural=plural,
        singular=row["singularName"],
        namespaced=row["namespaced"],
        verbs=tuple(row["verbs"]),
        short_names=tuple(row.get("shortNames", ())),
        categories=tuple(row.get("categories", ())),
        subresources={name: _subresource(group, version, plural, name, r) for name, r in below},
        strategy=STRATEGIES.get(place, Strategy()),
        validation=VALIDATIONS.get(place, Validation()),
        storage_gvk=storage_gvk,
        to_storage=conversion[0] if conversion else None,
        from_storage=conversion[1] if conversion else None,
        shared_form=_SHARED_FORMS.get(place),
        storage_prefix=storage_prefix(group, plural),
        deprecated=_DEPRECATED.get((api_version, plural), ""),
    )


def _renamed(gvk: GroupVersionKind) -> Callable[[Object], Object]:
    """Converts between versions that differ in nothing but their name."""

    def convert(obj: Object) -> Object:
        return {**obj, "apiVersion": gvk.api_version}

    return convert


def _subresource(group: str, version: str, plural: str, name: str, row: Row) -> Subresource:
    gvk = GroupVersionKind(row.get("group", group), row.get("version", version), row["kind"])
    place = (group, plural, name)
    return Subresource(
        name,
        tuple(row["verbs"]),
        gvk,
        SUBRESOURCE_STRATEGIES.get(place),
        SUBRESOURCE_VALIDATIONS.get(place, Validation()),
    )
