"""OpenAPI v2 as protobuf, read back by its field numbers."""

from miniapi.codec.protobuf_wire import fields
from miniapi.kube.openapi_proto import document


def read(data: object, *path: int) -> object:
    """The first field along a path of field numbers."""
    for number in path:
        assert isinstance(data, bytes)
        data = next(value for n, value in fields(data) if n == number)
    return data


SWAGGER = {
    "swagger": "2.0",
    "info": {"title": "T", "version": "v1"},
    "paths": {
        "/api/v1/pods/{name}": {
            "put": {
                "operationId": "update",
                "parameters": [{"name": "dryRun", "in": "query", "type": "string", "uniqueItems": True}],
                "responses": {"200": {"description": "OK", "schema": {"$ref": "#/definitions/Pod"}}},
                "x-kubernetes-action": "put",
            }
        }
    },
    "definitions": {
        "Pod": {
            "type": "object",
            "required": ["spec"],
            "properties": {
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "list": {"type": "array", "items": {"type": "integer", "format": "int32"}},
            },
            "x-kubernetes-group-version-kind": [{"group": "", "kind": "Pod", "version": "v1"}],
        }
    },
}


def test_definitions_and_their_extensions_are_where_gnostic_has_them() -> None:
    data = document(SWAGGER)
    assert read(data, 1) == b"2.0"
    assert read(data, 2, 1) == b"T"
    assert read(data, 9, 1, 1) == b"Pod"
    pod = read(data, 9, 1, 2)
    assert read(pod, 19) == b"spec"
    assert read(pod, 22, 1) == b"object"
    assert read(pod, 25, 1, 1) == b"labels"
    assert read(pod, 25, 1, 2, 21, 1, 22, 1) == b"string"
    assert read(pod, 31, 1) == b"x-kubernetes-group-version-kind"
    assert read(pod, 31, 2, 2) == b'[{"group":"","kind":"Pod","version":"v1"}]'


def test_paths_have_operations_with_parameters_and_responses() -> None:
    path = read(document(SWAGGER), 8, 2)
    assert read(path, 1) == b"/api/v1/pods/{name}"
    operation = read(path, 2, 3)
    assert read(operation, 5) == b"update"
    assert read(operation, 8, 1, 2, 3, 4) == b"dryRun"
    assert read(operation, 9, 1, 1) == b"200"
    assert read(operation, 9, 1, 2, 1, 2, 1, 1) == b"#/definitions/Pod"
