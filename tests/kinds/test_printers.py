"""Cells that take more than a look at a field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from miniapi.kinds.printers import core
from miniapi.kinds.printers.builtin import internal

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def ingress_with(*hosts: str) -> dict[str, Any]:
    return {"metadata": {"name": "i"}, "spec": {"rules": [{"host": h} if h else {} for h in hosts]}}


@pytest.mark.parametrize(
    ("hosts", "cell"),
    [
        ((), "*"),
        (("",), "*"),
        (("a", "", "b"), "a,b"),
        (("a", "b", "c", "d", ""), "a,b,c + 2 more..."),
    ],
)
def test_rules_without_a_host_count_among_those_left_out(hosts: tuple[str, ...], cell: str) -> None:
    assert core.ingress(ingress_with(*hosts), NOW)[2] == cell


def test_an_address_is_printed_with_its_age_though_there_is_no_column_for_it() -> None:
    obj = {"metadata": {"name": "10.0.0.1"}, "spec": {"parentRef": {"resource": "services", "name": "s"}}}
    assert core.ip_address(obj, NOW) == ["10.0.0.1", "services/s", "<unknown>"]


def test_what_is_printed_has_no_annotations_that_stand_for_fields() -> None:
    daemon_set = {"metadata": {"annotations": {"deprecated.daemonset.template.generation": "1"}}}
    assert internal("apps", "daemonsets")(daemon_set) == {"metadata": {}}
    assert daemon_set["metadata"]["annotations"]
    obj = {"apiVersion": "autoscaling/v1", "metadata": {"name": "h"}, "spec": {"targetCPUUtilizationPercentage": 5}}
    shown = internal("autoscaling", "horizontalpodautoscalers")(obj)
    assert shown["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 5
