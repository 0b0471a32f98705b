"""What a deletion does to an object before it goes."""

from datetime import UTC, datetime

import pytest

from miniapi.kinds.builtin import builtin_kinds
from miniapi.meta.user import UserInfo
from miniapi.registry.deletion import mark
from miniapi.strategies.interface import WriteContext

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTEXT = WriteContext(UserInfo("admin"), "ns", "a", NOW)
KINDS = {kind.plural: kind for kind in builtin_kinds() if kind.gvk.group == ""}


def pod(**meta):
    return {"metadata": {"name": "a", "generation": 1, **meta}, "spec": {"nodeName": "n"}, "status": {}}


def marked(obj, **options):
    return mark(KINDS["pods"], obj, options, CONTEXT, NOW)


def test_a_pod_that_goes_at_once_is_marked_first():
    obj = pod()
    assert marked(obj, gracePeriodSeconds=0)
    assert obj["metadata"]["deletionGracePeriodSeconds"] == 0
    assert obj["metadata"]["generation"] == 2


@pytest.mark.parametrize("options", [{}, {"gracePeriodSeconds": 30}, {"propagationPolicy": "Foreground"}])
def test_only_a_shorter_period_changes_a_deletion_under_way(options):
    obj = pod(deletionTimestamp="2026-01-01T00:00:30Z", deletionGracePeriodSeconds=30)
    before = {**obj, "metadata": dict(obj["metadata"])}
    assert not marked(obj, **options)
    assert obj == before
    assert not marked(obj, gracePeriodSeconds=5)
    assert obj["metadata"]["deletionGracePeriodSeconds"] == 5


def test_other_kinds_go_without_a_mark_unless_finalizers_hold_them():
    obj = {"metadata": {"name": "a"}}
    assert mark(KINDS["configmaps"], obj, {}, CONTEXT, NOW)
    assert obj == {"metadata": {"name": "a"}}
    held = {"metadata": {"name": "a", "finalizers": ["x.io/a"]}}
    assert not mark(KINDS["configmaps"], held, {}, CONTEXT, NOW)
    assert held["metadata"]["deletionGracePeriodSeconds"] == 0
