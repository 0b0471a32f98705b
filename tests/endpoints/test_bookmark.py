"""The objects of bookmarks: empty ones, as the original's internal types show themselves."""

import orjson
import pytest

from miniapi.codec.negotiate import negotiate
from miniapi.endpoints.bookmark import bookmark
from miniapi.endpoints.watch_events import WireEvents
from miniapi.kinds.builtin import builtin_kinds
from miniapi.kinds.printers.builtin import internal, printing
from tests.endpoints.world import NOW

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
    obj = bookmark(world.scopes.find(*place, ""), 7, initial_end=True)
    assert obj.pop("metadata") == {"resourceVersion": "7", "annotations": {"k8s.io/initial-events-end": "true"}}
    del obj["kind"], obj["apiVersion"]
    assert obj == rest


def test_a_table_shows_a_bookmark_as_any_object_and_columns_once(world):
    table = negotiate("application/json;as=Table;v=v1;g=meta.k8s.io", ())
    events = WireEvents(world.scopes.find("", "v1", "configmaps", ""), table)
    first, second = (orjson.loads(events.bookmark(revision))["object"] for revision in (7, 8))
    assert [len(first["columnDefinitions"]), second["columnDefinitions"]] == [1, None]
    assert second["rows"][0]["object"]["metadata"] == {"resourceVersion": "8"}


def test_every_kind_prints_its_bookmark(world):
    rows = {}
    for kind in builtin_kinds():
        scope = world.scopes.find(*kind.gvk[:2], kind.plural, "")
        if scope is not None and "watch" in kind.verbs:
            place = kind.gvk.group, kind.plural
            rows[kind.plural] = printing(*place)(internal(*place)(bookmark(scope, 7)), NOW)
    assert rows["configmaps"] == ["", 0, "<unknown>"]
    assert (rows["pods"][0], rows["deployments"][-1]) == ("", "<none>")
