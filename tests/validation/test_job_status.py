"""What a job's controller may report."""

from __future__ import annotations

from typing import Any

import pytest

from miniapi.validation import indexes
from miniapi.validation.job_status import JOB_STATUS

STARTED, DONE = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
COMPLETE = {"startTime": STARTED, "completionTime": DONE}


def conditions(*kinds: str) -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": "True"} for kind in kinds]}


def told(new: dict[str, Any], old: dict[str, Any] | None = None, **spec: Any) -> list[str]:
    errors = JOB_STATUS.update({"spec": spec, "status": new}, {"spec": spec, "status": old or {}})
    return [e.path.removeprefix("status.") + " " + e.message.split(": ")[-1] for e in errors]


@pytest.mark.parametrize(
    ("new", "old", "wrong"),
    [
        ({**COMPLETE, **conditions("SuccessCriteriaMet", "Complete")}, {}, []),
        (
            conditions("Complete"),
            {},
            [
                "completionTime completionTime is required for Complete jobs",
                "conditions cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
                "startTime startTime is required for finished job",
            ],
        ),
        (
            {"startTime": STARTED, **conditions("Failed")},
            {},
            ["conditions cannot set Failed=True condition without the FailureTarget=true condition"],
        ),
        ({"completedIndexes": "1"}, {}, [
            "completedIndexes cannot set non-empty completedIndexes when non-indexed completion mode"
        ]),
        ({"ready": 2, "active": 1}, {}, ["ready cannot set more ready pods than active"]),
        ({"failed": 1}, {"failed": 2}, ["failed cannot decrease the failed counter"]),
        ({"startTime": DONE}, {"startTime": STARTED}, ["startTime field is immutable for unsuspended job once set"]),
        ({**conditions(), "startTime": STARTED}, {"startTime": STARTED, **conditions("FailureTarget")}, [
            "conditions cannot disable the terminal FailureTarget=True condition"
        ]),
        (conditions("Complete"), conditions("Complete"), []),
    ],
)  # fmt: skip
def test_a_status_is_judged_where_it_changes(new: dict[str, Any], old: dict[str, Any], wrong: list[str]) -> None:
    assert told(new, old) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0-9", 'too large index: "9"'),
        ("3-1", "non-increasing order, previous: 3, current: 1"),
        ("1,1", "non-increasing order, previous: 1, current: 1"),
        ("a", 'cannot convert string to integer for index: "a"'),
    ],
)
def test_a_list_of_indexes_says_what_is_wrong_with_it(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match="^" + wrong + "$"):
        indexes.count(text, 5)


def test_indexes_are_counted_and_compared() -> None:
    assert indexes.count("0,2-4", 5) == 4
    assert indexes.overlap("0,2-3", "3-4", 5) == 3
    assert indexes.overlap("0", "x,1", 5) is None
