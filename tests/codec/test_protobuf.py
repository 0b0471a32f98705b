"""Protobuf bodies: byte for byte as Kubernetes writes them, and read back without loss."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniapi.codec.interface import DecodeError, EncodeError
from miniapi.codec.protobuf import MAGIC, ProtobufCodec
from miniapi.codec.protobuf_wire import length_delimited, varint
from miniapi.meta.gvk import GroupVersionKind

CODEC = ProtobufCodec()
CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
FIXTURES = [f for p in Path(__file__).parents for f in sorted((p / "shared/fixtures").glob("*.json"))]
"""The same objects as JSON and as Kubernetes' own bytes, where the recordings lie beside the repository."""


def told(obj: dict, kind: str = "ConfigMap", api_version: str = "v1") -> dict:
    return {"kind": kind, "apiVersion": api_version, **obj}


@pytest.mark.skipif(not FIXTURES, reason="the recordings are not beside the repository")
def test_every_fixture_is_written_and_read_exactly() -> None:
    wrong = []
    for path in FIXTURES:
        obj, data = json.loads(path.read_text()), path.with_suffix(".pb").read_bytes()
        if CODEC.encode(obj) != data or CODEC.decode(data, None).obj != obj:
            wrong.append(path.name)
    assert not wrong


def test_a_config_map_is_these_bytes() -> None:
    obj = told({"metadata": {"name": "a"}, "data": {"k": "v"}})
    meta = b"\x0a\x01a" + b"".join(bytes([n, 0]) for n in (0x12, 0x1A, 0x22, 0x2A, 0x32, 0x38)) + b"\x42\x00"
    raw = b"\x0a" + varint(len(meta)) + meta + b"\x12\x06\x0a\x01k\x12\x01v"
    body = b"\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12" + varint(len(raw)) + raw + b'\x1a\x00"\x00'
    assert CODEC.encode(obj) == MAGIC + body
    assert CODEC.decode(MAGIC + body, None).obj == obj


@pytest.mark.parametrize(
    ("kind", "api_version", "obj"),
    [
        ("Secret", "v1", {"metadata": {}, "data": {"full": "AAE=", "empty": ""}}),
        ("Lease", "coordination.k8s.io/v1", {"metadata": {}, "spec": {"acquireTime": "2024-01-02T03:04:05.678900Z"}}),
        ("Lease", "coordination.k8s.io/v1", {"metadata": {}, "spec": {"renewTime": "0009-01-02T03:04:05.000000Z"}}),
        ("ControllerRevision", "apps/v1", {"metadata": {}, "data": {"a": [1, None, "x"]}, "revision": -3}),
        ("ClusterRole", "rbac.authorization.k8s.io/v1", {"metadata": {}, "rules": None}),
        ("Status", "v1", {"metadata": {}, "status": "Failure", "message": "no", "code": 404}),
        ("PodDisruptionBudget", "policy/v1", {"metadata": {}, "spec": {"minAvailable": "50%"}}),
    ],
)
def test_values_with_a_form_of_their_own_survive(kind: str, api_version: str, obj: dict) -> None:
    whole = told(obj, kind, api_version)
    read = CODEC.decode(CODEC.encode(whole), None).obj
    assert {k: read[k] for k in whole} == whole


def test_what_go_always_shows_is_there_when_the_wire_has_nothing() -> None:
    body = length_delimited(1, b"\x0a\x02v1\x12\x03Pod") + length_delimited(
        2, length_delimited(2, b"\x12\x03\x0a\x01c")
    )
    read = CODEC.decode(MAGIC + body, None).obj
    assert read["metadata"] == {}
    assert read["spec"] == {"containers": [{"name": "c", "resources": {}}]}
    assert read["status"] == {}


def test_times_lose_what_json_does_not_tell() -> None:
    pod = told({"metadata": {"creationTimestamp": "2024-01-02T03:04:05.5+01:00"}})
    read = CODEC.decode(CODEC.encode(pod), None).obj
    assert read["metadata"] == {"creationTimestamp": "2024-01-02T02:04:05Z"}


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"additionalProperties": True}, {"additionalProperties": True}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"additionalProperties": {"type": "string"}}, {"additionalProperties": {"type": "string"}}),
        ({"items": {"type": "integer"}}, {"items": {"type": "integer"}}),
        ({"enum": ["a", 1, None]}, {"enum": ["a", 1, None]}),
        ({"minimum": 1.0, "maximum": 2.5}, {"minimum": 1, "maximum": 2.5}),
        ({"dependencies": {"a": ["b", "c"]}}, {"dependencies": {"a": ["b", "c"]}}),
        ({"x-kubernetes-int-or-string": True, "$ref": "x"}, {"$ref": "x", "x-kubernetes-int-or-string": True}),
    ],
)
def test_schemas_of_definitions_keep_their_shape(schema: dict, shown: dict) -> None:
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    crd = told({"metadata": {}, "spec": {"versions": [version]}}, "CustomResourceDefinition", "apiextensions.k8s.io/v1")
    read = CODEC.decode(CODEC.encode(crd), None).obj
    assert read["spec"]["versions"][0]["schema"]["openAPIV3Schema"] == shown


def test_fields_that_nobody_knows_are_kept() -> None:
    known = CODEC.message("v1", "ConfigMap", {"metadata": {}, "data": {"k": "v"}})
    foreign = length_delimited(99, b"from tomorrow") + b"\xc0\x0c\x07"
    data = CODEC.whole("v1", "ConfigMap", length_delimited(2, known + foreign))
    read = CODEC.decode(data, None).obj
    assert "data" in read
    assert json.loads(json.dumps(read)) == told({"metadata": {}, "data": {"k": "v"}})
    assert CODEC.encode(read) == data


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "empty data"),
        (MAGIC, "empty body"),
        (b'{"kind":"ConfigMap"}', "does not appear to be a protobuf message"),
        (MAGIC + b"\x0a\xff", "unexpected EOF"),
        (MAGIC + b"\x0a", "unexpected EOF"),
        (MAGIC + b"\xff" * 20, "integer overflow"),
        (MAGIC + b"\x0b\x00", "illegal wireType 3"),
        (MAGIC + length_delimited(2, b"\x08\x01"), "wrong wireType = 0 for field Metadata"),
        (MAGIC + length_delimited(2, b"\x0a\x7fabc"), "unexpected EOF"),
        (MAGIC + length_delimited(2, b"\x12\x04\x0a\x00\x10\x01"), "wrong wireType for the value of a map"),
        (MAGIC + length_delimited(2, b"\x00\x00"), "illegal tag 0"),
        (MAGIC + length_delimited(1, b"\x0a\x02v1\x12\x05Thing"), 'no kind "Thing" is registered for version "v1"'),
    ],
)
def test_bytes_that_are_no_object_are_told(body: bytes, complaint: str) -> None:
    with pytest.raises(DecodeError, match=complaint.replace(".", r"\.")):
        CODEC.decode(body, CONFIG_MAP)


def test_schemas_nested_beyond_all_measure_are_told() -> None:
    schema = b""
    for _ in range(5000):
        schema = length_delimited(28, schema)
    version = length_delimited(7, length_delimited(4, length_delimited(1, schema)))
    item = length_delimited(2, length_delimited(2, version))
    crd = CODEC.whole("apiextensions.k8s.io/v1", "CustomResourceDefinition", item)
    with pytest.raises(DecodeError, match="nested too deeply"):
        CODEC.decode(crd, None)


@given(st.data())
def test_damaged_bytes_are_told_or_read_and_nothing_else(data: st.DataObject) -> None:
    obj = {
        "metadata": {"name": "a", "labels": {"k": "v"}, "creationTimestamp": "2024-01-02T03:04:05Z"},
        "spec": {
            "containers": [{"name": "c", "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1"}}}],
            "tolerations": [{"tolerationSeconds": 3}],
        },
    }
    damaged = bytearray(CODEC.encode(told(obj, "Pod")))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(4, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = CODEC.decode(bytes(damaged), None).obj
    except DecodeError:
        return
    CODEC.encode(read)


def test_kinds_without_a_message_are_refused() -> None:
    with pytest.raises(EncodeError, match="has no protobuf form"):
        CODEC.encode(told({"metadata": {}}, "Table", "meta.k8s.io/v1"))


def test_a_watch_frame_says_how_long_it_is() -> None:
    frame = CODEC.frame("ADDED", b"body")
    assert frame[:4] == (len(frame) - 4).to_bytes(4, "big")
    assert frame[4:] == b"\x0a\x05ADDED\x12\x06\x0a\x04body"
