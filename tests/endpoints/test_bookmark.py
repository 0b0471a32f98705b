"""The objects of bookmarks: empty ones, as the original's internal types show themselves."""

import pytest

from miniapi.codec.negotiate import negotiate
from miniapi.endpoints.bookmark import bookmark

TEMPLATE = {"metadata": {}, "spec": {"containers": None}}


@pytest.mark.parametrize(
    ("place", "rest"),
    [
        (("", "v1", "configmaps"), {}),
        (("", "v1", "pods"), {"spec": {"containers": None}, "status": {}}),
        (
            ("apps", "v1", "replicasets"),
            {"spec": {"replicas": 0, "selector": None, "template": TEMPLATE}, "status": {"replicas": 0}},
        ),
        (
            ("autoscaling", "v2", "horizontalpodautoscalers"),
            {
                "spec": {"scaleTargetRef": {"kind": "", "name": ""}, "maxReplicas": 0},
                "status": {"desiredReplicas": 0, "currentMetrics": None},
            },
        ),
    ],
)
def test_a_bookmark_is_an_empty_object_of_the_kind(world, place, rest):
    obj = bookmark(world.scopes.find(*place, ""), 7, negotiate("", ()), initial_end=True)
    assert obj.pop("metadata") == {"resourceVersion": "7", "annotations": {"k8s.io/initial-events-end": "true"}}
    del obj["kind"], obj["apiVersion"]
    assert obj == rest


def test_a_bookmark_for_tables_has_one_row_without_cells(world):
    table = negotiate("application/json;as=Table;v=v1;g=meta.k8s.io", ())
    obj = bookmark(world.scopes.find("", "v1", "pods", ""), 7, table)
    assert [row["cells"] for row in obj["rows"]] == [[]]
