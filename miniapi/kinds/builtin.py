"""All built-in kinds as rows: names and verbs from a generated table, behaviour from the strategies."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Any

import orjson

from miniapi.kinds.kind import Kind, Subresource
from miniapi.meta.gvk import GroupVersionKind, parse_api_version
from miniapi.strategies.builtin import CONVERSIONS, STRATEGIES, SUBRESOURCE_STRATEGIES
from miniapi.strategies.interface import Strategy
from miniapi.validation.builtin import SUBRESOURCE_VALIDATIONS, VALIDATIONS
from miniapi.validation.interface import Validation

STORAGE_PREFIXES = {
    ("", "services"): "services/specs",
    ("", "endpoints"): "services/endpoints",
    ("", "nodes"): "minions",
    ("networking.k8s.io", "ingresses"): "ingress",
    ("", "replicationcontrollers"): "controllers",
    ("apiregistration.k8s.io", "apiservices"): "apiregistration.k8s.io/apiservices",
    ("apiextensions.k8s.io", "customresourcedefinitions"): "apiextensions.k8s.io/customresourcedefinitions",
}
_STORED_AS = {
    ("autoscaling", "v1", "horizontalpodautoscalers"): GroupVersionKind("autoscaling", "v2", "HorizontalPodAutoscaler"),
    ("events.k8s.io", "v1", "events"): GroupVersionKind("", "v1", "Event"),
}
_STORED_AS_JSON = ("apiregistration.k8s.io", "apiextensions.k8s.io")


def builtin_kinds() -> Iterator[Kind]:
    """Every kind of the release, in the original's order."""
    table: dict[str, dict[str, Any]] = orjson.loads(
        resources.files("miniapi.kinds").joinpath("data/resources.json").read_bytes()
    )
    below: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
    rows: list[tuple[str, str, dict[str, Any]]] = []
    for path, row in table.items():
        parts = path.split("/")
        at = 1 if parts[0] == "v1" else 2
        api_version, plural, *rest = "/".join(parts[:at]), *parts[at:]
        if rest:
            below.setdefault((api_version, plural), []).append((rest[0], row))
        else:
            rows.append((api_version, plural, row))
    for api_version, plural, row in rows:
        yield _kind(api_version, plural, row, below.get((api_version, plural), []))


def _kind(api_version: str, plural: str, row: dict[str, Any], below: list[tuple[str, dict[str, Any]]]) -> Kind:
    group, version = parse_api_version(api_version)
    place = (group, plural)
    conversion = CONVERSIONS.get((group, version, plural))
    return Kind(
        gvk=GroupVersionKind(group, version, row["kind"]),
        plural=plural,
        singular=row["singularName"],
        namespaced=row["namespaced"],
        verbs=tuple(row["verbs"]),
        short_names=tuple(row.get("shortNames", ())),
        categories=tuple(row.get("categories", ())),
        subresources={name: _subresource(group, version, plural, name, r) for name, r in below},
        strategy=STRATEGIES.get(place, Strategy()),
        validation=VALIDATIONS.get(place, Validation()),
        storage_gvk=_STORED_AS.get((group, version, plural)),
        to_storage=conversion[0] if conversion else None,
        from_storage=conversion[1] if conversion else None,
        storage_prefix=STORAGE_PREFIXES.get(place, plural),
        storage_media_type="application/json" if group in _STORED_AS_JSON else "",
    )


def _subresource(group: str, version: str, plural: str, name: str, row: dict[str, Any]) -> Subresource:
    gvk = GroupVersionKind(row.get("group", group), row.get("version", version), row["kind"])
    place = (group, plural, name)
    return Subresource(
        name,
        tuple(row["verbs"]),
        gvk,
        SUBRESOURCE_STRATEGIES.get(place),
        SUBRESOURCE_VALIDATIONS.get(place, Validation()),
    )
