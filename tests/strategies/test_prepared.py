"""What the server makes of new and changed objects of kinds with a rule of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from miniapi.meta.objects import Object
from miniapi.meta.user import UserInfo
from miniapi.strategies import quota, storage
from miniapi.strategies.interface import WriteContext

CTX = WriteContext(UserInfo("u"), "n", "", datetime(2026, 1, 1, tzinfo=UTC))


def test_a_limit_range_without_a_name_is_given_one() -> None:
    obj: Object = {"metadata": {}, "spec": {}}
    quota.LIMIT_RANGE.prepare_create(obj, CTX)
    assert UUID(obj["metadata"]["name"])


def test_system_priority_classes_are_not_deleted() -> None:
    assert quota.PRIORITY_CLASS.refuses_deletion("system-node-critical")
    assert not quota.PRIORITY_CLASS.refuses_deletion("mine")


def test_a_driver_s_generation_rises_with_any_change_of_its_spec() -> None:
    old: Object = {"metadata": {}, "spec": {"podInfoOnMount": True}}
    new: Object = {"metadata": {}, "spec": {"podInfoOnMount": False}}
    storage.DRIVER.prepare_update(new, old, CTX)
    assert new["metadata"]["generation"] == 1


def test_a_volume_whose_phase_stays_keeps_its_stamp() -> None:
    old: Object = {"metadata": {}, "status": {"phase": "Bound", "lastPhaseTransitionTime": "2020-01-01T00:00:00Z"}}
    new: Object = {"metadata": {}, "status": {"phase": "Bound"}}
    storage.VOLUME_STATUS.prepare_update(new, old, CTX)
    assert new["status"]["lastPhaseTransitionTime"] == "2020-01-01T00:00:00Z"
