"""Go's typed decoding, as a compiled function of a kind's schema."""

from typing import Any

import pytest

from miniapi.meta.gvk import GroupVersionKind
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.convert import ConvertError, converter
from miniapi.schema.empty_lists import nuller

SCHEMAS = BuiltinSchemas()
Body = dict[str, Any]


def convert(group: str, version: str, kind: str, **fields: Any) -> tuple[Body, list[str]]:
    schema = SCHEMAS.schema(GroupVersionKind(group, version, kind))
    assert schema is not None
    api_version = f"{group}/{version}" if group else version
    return converter(schema)({"apiVersion": api_version, "kind": kind, **fields})


def test_missing_structs_are_written_and_empty_optional_fields_are_not() -> None:
    container = {"name": "c", "image": "i", "args": [], "stdin": False, "workingDir": ""}
    body, _ = convert(
        "apps",
        "v1",
        "Deployment",
        metadata={"name": "d", "creationTimestamp": None, "labels": {}},
        spec={"replicas": 0, "template": {"spec": {"containers": [container]}}},
    )
    assert body == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {
            "replicas": 0,
            "selector": None,
            "template": {
                "metadata": {},
                "spec": {"containers": [{"name": "c", "image": "i", "resources": {}}]},
            },
            "strategy": {},
        },
        "status": {},
    }


def test_fields_come_in_the_struct_s_order() -> None:
    body, _ = convert("", "v1", "ConfigMap", data={"a": "b"}, metadata={"labels": {"a": "b"}, "name": "x"})
    assert list(body) == ["kind", "apiVersion", "metadata", "data"]
    assert list(body["metadata"]) == ["name", "labels"]


def test_unknown_fields_are_dropped_and_named_with_their_path_in_the_body_s_order() -> None:
    spec = {"containers": [{"name": "c", "bar": 1}], "foo": 1}
    body, complaints = convert("", "v1", "Pod", metadata={"name": "p"}, spec=spec, zap=1)
    assert complaints == [
        'unknown field "spec.containers[0].bar"',
        'unknown field "spec.foo"',
        'unknown field "zap"',
    ]
    assert "foo" not in body["spec"]


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("ConfigMap", {"data": {"k": 5}}, "number into Go struct field ConfigMap.data of type string"),
        ("ConfigMap", {"data": ["x"]}, "array into Go struct field ConfigMap.data of type map[string]string"),
        (
            "ConfigMap",
            {"metadata": {"labels": {"n": 1}}},
            "number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        ("ConfigMap", {"metadata": "x"}, "string into Go struct field ConfigMap.metadata of type v1.ObjectMeta"),
        (
            "Service",
            {"spec": {"ports": [{"targetPort": 1.5}]}},
            "number 1.5 into Go struct field ServicePort.spec.ports.targetPort of type int32",
        ),
        (
            "Service",
            {"spec": {"ports": [{"port": 2**31}]}},
            "number 2147483648 into Go struct field ServicePort.spec.ports.port of type int32",
        ),
        (
            "Service",
            {"spec": {"ports": [{"protocol": 6}]}},
            "number into Go struct field ServicePort.spec.ports.protocol of type v1.Protocol",
        ),
        (
            "Pod",
            {"spec": {"containers": {"name": "c"}}},
            "object into Go struct field PodSpec.spec.containers of type []v1.Container",
        ),
        (
            "Pod",
            {"spec": {"containers": [{"resources": {"limits": "x"}}]}},
            "string into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList",
        ),
        (
            "PersistentVolume",
            {"spec": {"nfs": {"server": 1}}},
            "number into Go struct field NFSVolumeSource.spec.PersistentVolumeSource.nfs.server of type string",
        ),
        (
            "Event",
            {"reason": 1, "eventTime": 2},
            "number into Go struct field Event.eventTime of type string",
        ),
        ("Secret", {"data": {"k": 1}}, "number into Go struct field Secret.data of type []uint8"),
        ("Secret", {"immutable": "yes"}, "string into Go struct field Secret.immutable of type bool"),
    ],
)
def test_a_value_of_another_type_is_named_as_go_names_it(kind: str, fields: Body, message: str) -> None:
    with pytest.raises(ConvertError) as caught:
        convert("", "v1", kind, **fields)
    assert str(caught.value) == "json: cannot unmarshal " + message


def test_a_whole_object_of_another_type_has_no_field() -> None:
    with pytest.raises(ConvertError, match="array into Go value of type v1.ObjectMeta"):
        converter(SCHEMAS.definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"))([])  # type: ignore[arg-type]


def test_null_items_become_zero_values() -> None:
    assert convert("", "v1", "ConfigMap", metadata={}, data={"k": None})[0]["data"] == {"k": ""}
    pod, _ = convert("", "v1", "Pod", spec={"containers": [None]})
    assert pod["spec"]["containers"] == [{"name": "", "resources": {}}]


def test_a_pointer_keeps_its_zero_value() -> None:
    pod, _ = convert(
        "", "v1", "Pod", spec={"containers": [], "enableServiceLinks": False, "volumes": [{"emptyDir": {}}]}
    )
    assert pod["spec"]["enableServiceLinks"] is False
    assert pod["spec"]["volumes"] == [{"name": "", "emptyDir": {}}]


@pytest.mark.parametrize(
    ("group", "kind", "body", "path", "stored"),
    [
        ("rbac.authorization.k8s.io", "Role", {"rules": []}, ("rules",), None),
        ("storage.k8s.io", "CSINode", {"spec": {"drivers": []}}, ("spec", "drivers"), None),
        ("apiextensions.k8s.io", "CustomResourceDefinition", {"spec": {"versions": []}}, ("spec", "versions"), []),
    ],
)
def test_required_lists_without_items_are_null_where_protobuf_is_stored(
    group: str, kind: str, body: Body, path: tuple[str, ...], stored: Any
) -> None:
    schema = SCHEMAS.schema(GroupVersionKind(group, "v1", kind))
    assert schema is not None

    def at(obj: Any) -> Any:
        for name in path:
            obj = obj[name]
        return obj

    obj, _ = convert(group, "v1", kind, **body)
    assert at(obj) == []
    nuller(schema)(obj)
    assert at(obj) == stored


def test_quantities_are_canonical_and_may_be_numbers() -> None:
    spec = {"containers": [{"name": "c", "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi", "x": 3}}}]}
    pod, _ = convert("", "v1", "Pod", spec=spec)
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "500m", "memory": "1Gi", "x": "3"}


def test_a_crd_s_schemas_nest_without_end() -> None:
    schema = {
        "properties": {"a": {"items": {"type": "string", "nonsense": 1}, "additionalProperties": False}},
        "type": "object",
        "default": {"any": [1, None]},
    }
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]
    crd, complaints = convert("apiextensions.k8s.io", "v1", "CustomResourceDefinition", spec={"versions": versions})
    found = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert found == {
        "type": "object",
        "default": {"any": [1, None]},
        "properties": {"a": {"items": {"type": "string"}, "additionalProperties": False}},
    }
    assert complaints == []


def test_numbers_that_are_integral_are_written_as_integers() -> None:
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": {"minimum": 1.0, "maximum": 2.5}}}]
    crd, _ = convert("apiextensions.k8s.io", "v1", "CustomResourceDefinition", spec={"versions": versions})
    assert repr(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["minimum"]) == "1"
