"""What may change in the kinds whose update is checked as a whole, as kube-apiserver says it."""

from __future__ import annotations

from typing import Any

import pytest

from miniapi.meta.objects import Object
from miniapi.validation import ipaddress, networkpolicy, persistentvolume, runtimeclass, storage
from miniapi.validation.interface import Validation


def named(**fields: Any) -> Object:
    return {"metadata": {"name": "a"}, **fields}


@pytest.mark.parametrize(
    ("validation", "old", "new", "paths"),
    [
        (runtimeclass.VALIDATION, {"handler": "h"}, {"handler": "B"}, ["handler", "handler"]),
        (
            storage.CLASS,
            {"provisioner": "p", "volumeBindingMode": "Immediate"},
            {"provisioner": "", "volumeBindingMode": "Odd"},
            ["provisioner", "volumeBindingMode", "provisioner", "volumeBindingMode"],
        ),
        (
            storage.ATTRIBUTES_CLASS,
            {"driverName": "d", "parameters": {"a": "b"}},
            {"driverName": "-", "parameters": {"a": "b"}},
            ["driverName", "driverName"],
        ),
        (
            ipaddress.VALIDATION,
            {"spec": {"parentRef": {"resource": "services", "name": "x"}}},
            {"spec": {"parentRef": {"resource": "services"}}},
            ["spec.parentRef.name", "spec.parentRef"],
        ),
    ],
)
def test_what_is_new_is_checked_as_at_creation_and_may_not_change(
    validation: Validation, old: Object, new: Object, paths: list[str]
) -> None:
    assert validation.update is not None
    assert [e.path for e in validation.update(named(**new), named(**old))] == paths


def test_an_empty_exception_is_not_known_from_peers_without_a_block() -> None:
    def policy(block: Object | None) -> Object:
        peer = {"podSelector": {}} if block is None else {"ipBlock": block}
        return named(spec={"ingress": [{"from": [peer]}]})

    assert networkpolicy.VALIDATION.update is not None
    errors = networkpolicy.VALIDATION.update(policy({"cidr": "10.0.0.0/8", "except": [""]}), policy(None))
    assert [e.path for e in errors] == ["spec.ingress[0].from[0].ipBlock.except[0]"]


def test_equal_topologies_are_told_of_once_for_each_before_them() -> None:
    term = {"matchLabelExpressions": [{"key": "z", "values": ["a"]}]}
    errors = storage.create_class(
        named(provisioner="p", volumeBindingMode="Immediate", allowedTopologies=[term, term, term])
    )
    assert [e.path for e in errors] == [f"allowedTopologies[{i}].matchLabelExpressions" for i in (1, 2, 2)]


def test_a_volume_with_an_initiator_has_a_short_name_and_portal() -> None:
    source = {"targetPortal": "p" * 70, "iqn": "iqn.2001-04.com.example:s", "initiatorName": "odd"}
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "iscsi": source}
    paths = [e.path for e in persistentvolume.create(named(spec=spec))]
    assert paths == ["spec.iscsi.targetportal", "spec.iscsi.initiatorname"]


def test_a_driver_that_wants_tokens_in_secrets_asks_for_tokens() -> None:
    spec = dict.fromkeys(("attachRequired", "podInfoOnMount", "storageCapacity", "seLinuxMount"), False)
    spec |= {"fsGroupPolicy": "File", "serviceAccountTokenInSecrets": False}
    assert [e.path for e in storage.create_driver(named(spec=spec))] == ["spec.serviceAccountTokenInSecrets"]


def test_a_capacity_s_topology_is_shown_with_its_labels_in_order() -> None:
    old = named(storageClassName="s", nodeTopology={"matchLabels": {"z": "1"}})
    new = named(storageClassName="s", nodeTopology={"matchLabels": {"z": "1", "a": "2"}})
    [error] = storage.update_capacity(new, old)
    assert error.message == 'Invalid value: {"matchLabels":{"a":"2","z":"1"}}: field is immutable'
