"""Claims of devices and slices of them, in the original's words."""

from typing import Any

import pytest

from miniapi.validation import resource
from miniapi.validation.field import ErrorList
from miniapi.validation.resourceslice import VALIDATION as SLICE

META = {"name": "a", "namespace": "n"}


def told(errors: ErrorList) -> list[str]:
    return [f"{e.path}: {e.message}" for e in errors]


def claim(**request: Any) -> dict[str, Any]:
    exactly = {"deviceClassName": "c", "allocationMode": "ExactCount", "count": 1, **request}
    return {"metadata": META, "spec": {"devices": {"requests": [{"name": "r", "exactly": exactly}]}}}


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ('device.attributes["a.b"].c', []),
        ('device.capacity["a.b"].c.isGreaterThan(quantity("1"))', []),
        ("1", ["must evaluate to bool or the unknown type, not int"]),
        ("nope", ["compilation failed: ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')"]),
    ],
)
def test_selectors_are_compiled(expression: str, wrong: list[str]) -> None:
    found = told(resource.CLAIM.create(claim(selectors=[{"cel": {"expression": expression}}])))
    at = f'spec.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value: "{expression}": '
    assert [text.split("\n")[0] for text in found] == [at + w for w in wrong]


def test_a_claim_stays_as_it_is() -> None:
    (wrong,) = told(resource.CLAIM.update(claim(count=2), claim()))
    assert wrong.startswith('spec: Invalid value: {"Devices":{"Requests":[{"Name":"r","Exactly":{"DeviceClassName":"c"')
    assert wrong.endswith(": field is immutable")


def test_the_status_tells_of_allocated_devices_only() -> None:
    device = {"driver": "d.x", "pool": "p", "device": "x"}
    status = {
        "allocation": {"devices": {"results": [{"request": "r", **device}]}},
        "devices": [{**device, "networkData": {"ips": ["1.2.3.4"]}}, {**device, "device": "y"}],
    }
    assert told(resource.CLAIM_STATUS.update({**claim(), "status": status}, claim())) == [
        'status.devices[0].networkData.ips[0]: Invalid value: "1.2.3.4": '
        "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)",
        'status.devices[1]: Invalid value: {"Driver":"d.x","Pool":"p","Device":"y","ShareID":""}: '
        "must be an allocated device in the claim",
    ]


def test_attributes_are_named_and_have_one_value() -> None:
    device = {"name": "a", "attributes": {"bad key": {"int": 1}, "x": {"int": 1, "string": "a"}}}
    pool = {"name": "p", "resourceSliceCount": 1}
    obj = {"metadata": META, "spec": {"driver": "d.x", "pool": pool, "nodeName": "n", "devices": [device]}}
    names, values = told(SLICE.create(obj))
    assert names.startswith('spec.devices[0].attributes: Invalid value: "bad key": a valid C identifier must')
    assert values.startswith('spec.devices[0].attributes[x]: Invalid value: {"IntValue":1,"BoolValue":null,')
