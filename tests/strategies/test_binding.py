"""What a binding makes of a pod."""

from datetime import UTC, datetime

import pytest

from miniapi.errors import ApiError
from miniapi.meta.user import UserInfo
from miniapi.strategies.interface import WriteContext
from miniapi.strategies.pod import assign

CTX = WriteContext(UserInfo("a"), "ns", "p", datetime(2026, 1, 1, tzinfo=UTC))
BINDING = {"metadata": {"annotations": {"a": "b"}, "labels": {"zone": "z"}}, "target": {"name": "n"}}


def test_a_pod_takes_node_annotations_and_labels_of_its_binding() -> None:
    pod = {
        "metadata": {"name": "p", "labels": {"zone": "own", "app": "x"}},
        "spec": {},
        "status": {"nominatedNodeName": "m"},
    }
    assign(pod, BINDING, CTX)
    assert pod["spec"] == {"nodeName": "n"}
    assert pod["metadata"]["labels"] == {"zone": "z", "app": "x"}
    assert pod["metadata"]["annotations"] == {"a": "b"}
    assert "nominatedNodeName" not in pod["status"]
    assert [(c["type"], c["status"]) for c in pod["status"]["conditions"]] == [("PodScheduled", "True")]


@pytest.mark.parametrize(
    ("meta", "spec", "why"),
    [
        ({"deletionTimestamp": "t"}, {}, "pod p is being deleted, cannot be assigned to a host"),
        ({}, {"nodeName": "m"}, 'pod p is already assigned to node "m"'),
        ({}, {"schedulingGates": [{"name": "g"}]}, "pod p has non-empty .spec.schedulingGates"),
    ],
)
def test_a_pod_that_may_not_be_bound_is_a_conflict(meta, spec, why) -> None:
    with pytest.raises(ApiError) as raised:
        assign({"metadata": {"name": "p", **meta}, "spec": spec}, BINDING, CTX)
    assert raised.value.message == f'Operation cannot be fulfilled on pods/binding "p": {why}'
