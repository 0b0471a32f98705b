"""The row that a pod gives."""

from __future__ import annotations

import pytest

from miniapi.kinds.printers import pods


@pytest.mark.parametrize(
    ("phase", "reasons"), [("Running", []), ("Succeeded", ["Succeeded"]), ("Failed", ["Failed"]), ("", [])]
)
def test_a_pod_that_has_ended_has_a_condition(phase: str, reasons: list[str]) -> None:
    assert [c["reason"] for c in pods.conditions({"status": {"phase": phase}})] == reasons
