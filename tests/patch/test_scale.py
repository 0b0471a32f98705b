"""Managed fields between a parent and its Scale."""

from __future__ import annotations

from miniapi.patch import scale

PATHS = {"apps/v1": scale.path_of(".spec.replicas")}


def entry(manager, operation, api_version, fields, **more):
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": api_version,
        **{k: v for k, v in more.items() if k == "time"},
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **{k: v for k, v in more.items() if k != "time"},
    }


OWNER = entry(
    "owner",
    "Apply",
    "apps/v1",
    {"f:spec": {"f:replicas": {}, "f:selector": {}}},
    time="2026-01-01T00:00:00Z",
)


def test_owners_of_replicas_show_in_the_scale():
    other = entry("x", "Update", "apps/v1", {"f:spec": {"f:selector": {}}})
    assert scale.to_scale([OWNER, other], PATHS) == [
        entry("owner", "Apply", "autoscaling/v1", {"f:spec": {"f:replicas": {}}}, time="2026-01-01T00:00:00Z")
    ]


def test_a_scale_by_somebody_else_takes_replicas_from_the_owner():
    written = [
        entry(
            "hpa",
            "Update",
            "autoscaling/v1",
            {"f:spec": {"f:replicas": {}}},
            time="2026-01-02T00:00:00Z",
            subresource="scale",
        )
    ]
    assert scale.to_parent([OWNER], written, "apps/v1", PATHS) == [
        entry("owner", "Apply", "apps/v1", {"f:spec": {"f:selector": {}}}, time="2026-01-01T00:00:00Z"),
        entry("hpa", "Update", "apps/v1", {"f:spec": {"f:replicas": {}}}, subresource="scale"),
    ]


def test_an_owner_whose_replicas_stay_keeps_its_entry():
    shown = scale.to_scale([OWNER], PATHS)
    assert scale.to_parent([OWNER], shown, "apps/v1", PATHS) == [OWNER]
