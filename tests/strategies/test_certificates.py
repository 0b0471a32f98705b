"""Decisions about certificate requests are made where they belong."""

from datetime import UTC, datetime

from miniapi.meta.objects import copy
from miniapi.meta.user import UserInfo
from miniapi.strategies.certificates import APPROVAL, STATUS
from miniapi.strategies.interface import WriteContext
from miniapi.validation import certificatesigningrequest as validation

CTX = WriteContext(UserInfo("alice"), "", "r", datetime(2026, 1, 1, tzinfo=UTC))
APPROVED = {"type": "Approved", "status": "True", "reason": "R"}
META = {"name": "r", "resourceVersion": "1"}


def request(*conditions):
    return {"metadata": dict(META), "spec": {"signerName": "a.b/c"}, "status": {"conditions": [*map(dict, conditions)]}}


def told(strategy, rules, old, new):
    wanted = copy(new)
    strategy.prepare_update(wanted, old, CTX)
    return wanted, [e.message for e in rules.update(wanted, old)]


def test_only_approval_adds_decisions():
    _, problems = told(STATUS, validation.STATUS, request(), request(APPROVED))
    assert problems == ['Forbidden: updates may not add a condition of type "Approved"']
    approved, problems = told(APPROVAL, validation.APPROVAL, request(), request(APPROVED))
    assert problems == []
    assert approved["status"]["conditions"][0]["lastUpdateTime"] == "2026-01-01T00:00:00Z"


def test_status_keeps_decisions_as_they_were():
    failed = {"type": "Failed", "status": "True"}
    changed, problems = told(
        STATUS, validation.STATUS, request(APPROVED), request({**APPROVED, "reason": "other"}, failed)
    )
    assert problems == []
    assert [c.get("reason") for c in changed["status"]["conditions"]] == ["R", None]
    _, problems = told(STATUS, validation.STATUS, request(APPROVED), request())
    assert problems == ['Forbidden: updates may not remove a condition of type "Approved"']
