"""Policies of shared capacity."""

from typing import Any

import pytest

from miniapi.meta.quantity import parse
from miniapi.validation.requestpolicy import request_policy


@pytest.mark.parametrize(
    ("policy", "paths"),
    [
        ({"default": "1Gi", "validRange": {"min": "1Gi", "max": "4Gi", "step": "1Gi"}}, []),
        ({"validRange": {"min": "1Gi"}}, ["p.default"]),
        ({"default": "1Gi", "validRange": {}}, ["p.validRange.min"]),
        ({"default": "9Gi", "validRange": {"min": "1Gi", "max": "9Gi"}}, ["p.validRange.max"]),
        ({"default": "1Gi", "validRange": {"min": "1Gi", "step": "8Gi"}}, ["p.validRange.step"]),
        ({"default": "2", "validRange": {"min": "1", "step": "0"}}, ["p.validRange.step"]),
        ({"default": "2", "validValues": ["1", "3"]}, ["p.validValues"]),
        ({"default": "1", "validValues": ["2", "1"]}, ["p.validValues[1]"]),
        ({"default": "1", "validValues": ["1"], "validRange": {}}, ["p"]),
    ],
)
def test_a_policy_has_a_default_within_it_and_the_capacity(policy: dict[str, Any], paths: list[str]) -> None:
    assert [e.path for e in request_policy(policy, parse("8Gi"), "p")] == paths
