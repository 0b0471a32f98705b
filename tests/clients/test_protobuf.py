"""A client that speaks protobuf as Go's do: typed writes, lists, streaming lists, errors, metadata."""

import base64
import http.client
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
import yaml

from miniapi.codec.builtin import PROTOBUF as CODEC
from miniapi.codec.protobuf_wire import fields

PROTOBUF, JSON = "application/vnd.kubernetes.protobuf", "application/json"
BOTH = f"{PROTOBUF},{JSON}"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class GoClient:
    """One connection that accepts protobuf first."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        for name in ("certificate", "key"):
            path = kubeconfig.with_name(f"go-client.{name}")
            path.write_bytes(base64.b64decode(user[f"client-{name}-data"]))
        self._tls.load_cert_chain(kubeconfig.with_name("go-client.certificate"), kubeconfig.with_name("go-client.key"))
        self._address = urlparse(cluster["server"])
        self.connection = self.connect()

    def connect(self) -> http.client.HTTPSConnection:
        address = self._address
        return http.client.HTTPSConnection(address.hostname or "", address.port, context=self._tls, timeout=20)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, Any]:
        """-> (status, content type, the object)."""
        if isinstance(body, dict):
            body = CODEC.encode(body)
        given = {"Accept": BOTH, "Content-Type": PROTOBUF, **{k.replace("_", "-"): v for k, v in headers.items()}}
        self.connection.request(method, path, body, given)
        response = self.connection.getresponse()
        data, content_type = response.read(), response.getheader("Content-Type") or ""
        return response.status, content_type, CODEC.decode(data, None).obj if content_type == PROTOBUF else data


@pytest.fixture
def client(kubeconfig: Path) -> Iterator[GoClient]:
    made = GoClient(kubeconfig)
    yield made
    made.connection.close()


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}, "data": data}


def frames(response: http.client.HTTPResponse) -> Iterator[tuple[str, dict[str, Any]]]:
    """(type, object) of each event."""
    while head := response.read(4):
        event = dict(fields(response.read(int.from_bytes(head, "big"))))
        raw = dict(fields(event[2]))[1]
        yield event[1].decode(), CODEC.decode(raw, None).obj


def test_objects_are_written_read_patched_and_deleted(client: GoClient) -> None:
    status, content_type, made = client.send("POST", CONFIG_MAPS, config_map("pb", a="1"))
    assert (status, content_type, made["data"]) == (201, PROTOBUF, {"a": "1"})
    made["data"]["b"] = "2"
    status, _, updated = client.send("PUT", f"{CONFIG_MAPS}/pb", made)
    assert (status, updated["data"]) == (200, {"a": "1", "b": "2"})
    patch = json.dumps({"data": {"a": None}})
    status, content_type, patched = client.send(
        "PATCH", f"{CONFIG_MAPS}/pb", patch, Content_Type="application/merge-patch+json"
    )
    assert (status, content_type, patched["data"]) == (200, PROTOBUF, {"b": "2"})
    assert client.send("GET", f"{CONFIG_MAPS}/pb")[2] == patched
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "other"}}
    assert client.send("DELETE", f"{CONFIG_MAPS}/pb", options)[0] == 409
    options["preconditions"] = {"uid": patched["metadata"]["uid"]}
    status, _, told = client.send("DELETE", f"{CONFIG_MAPS}/pb", options)
    assert (status, told["kind"], told["status"]) == (200, "Status", "Success")


def test_errors_are_statuses_in_protobuf(client: GoClient) -> None:
    status, content_type, told = client.send("GET", f"{CONFIG_MAPS}/nope")
    assert (status, content_type) == (404, PROTOBUF)
    assert (told["kind"], told["reason"], told["details"]["name"]) == ("Status", "NotFound", "nope")
    status, _, told = client.send("POST", CONFIG_MAPS, config_map("Bad_Name"))
    assert (status, told["reason"], told["details"]["causes"][0]["field"]) == (422, "Invalid", "metadata.name")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"k8s\x00", b"k8s\x00\x0a\xff", b"k8s\x00\x12\x05\x0a\x7f", b"k8s\x00" + b"\xff" * 99]
)
def test_a_body_that_is_not_what_it_says_is_a_bad_request(client: GoClient, body: bytes) -> None:
    status, _, told = client.send("POST", CONFIG_MAPS, body)
    assert (status, told["reason"]) in {(400, "BadRequest"), (422, "Invalid")}


def test_a_streaming_list_begins_with_what_is_there_and_says_when_it_is_over(client: GoClient) -> None:
    client.send("POST", CONFIG_MAPS, config_map("first"))
    query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
    watching = client.connect()
    watching.request("GET", f"{CONFIG_MAPS}?{query}&timeoutSeconds=5", headers={"Accept": BOTH})
    response = watching.getresponse()
    assert response.getheader("Content-Type") == f"{PROTOBUF};stream=watch"
    events = frames(response)
    seen = []
    for kind, obj in events:
        if kind == "BOOKMARK":
            assert obj["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
            assert obj["kind"] == "ConfigMap"
            break
        seen.append((kind, obj["metadata"]["name"]))
    assert ("ADDED", "first") in seen
    client.send("POST", CONFIG_MAPS, config_map("second", a="b"))
    kind, obj = next(events)
    assert (kind, obj["metadata"]["name"], obj["data"]) == ("ADDED", "second", {"a": "b"})
    client.send("DELETE", f"{CONFIG_MAPS}/second")
    assert next(events)[0] == "DELETED"
    watching.close()


def test_lists_and_their_metadata(client: GoClient) -> None:
    _, content_type, namespaces = client.send("GET", "/api/v1/namespaces")
    assert (content_type, namespaces["kind"]) == (PROTOBUF, "NamespaceList")
    names = [n["metadata"]["name"] for n in namespaces["items"]]
    assert "kube-system" in names
    for version in ("v1", "v1beta1"):
        accept = f"{PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v={version}"
        _, _, partial = client.send("GET", "/api/v1/namespaces", Accept=accept)
        assert (partial["kind"], partial["apiVersion"]) == ("PartialObjectMetadataList", f"meta.k8s.io/{version}")
        assert [n["metadata"]["name"] for n in partial["items"]] == names
    wrong = f"{PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    status, _, told = client.send("GET", "/api/v1/namespaces/default", Accept=wrong)
    assert (status, json.loads(told)["reason"]) == (406, "NotAcceptable")
    single = client.send("GET", "/api/v1/namespaces/default", Accept=wrong.replace("List", ""))[2]
    assert (single["kind"], single["metadata"]["name"]) == ("PartialObjectMetadata", "default")
    accept = ",".join(f"{t};as=Table;v=v1;g=meta.k8s.io" for t in (PROTOBUF, JSON))
    assert client.send("GET", "/api/v1/namespaces", Accept=accept)[1] == JSON


def test_custom_resources_have_no_protobuf(client: GoClient) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    crd = {
        "kind": "CustomResourceDefinition",
        "apiVersion": "apiextensions.k8s.io/v1",
        "metadata": {"name": "wires.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "wires", "kind": "Wire"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": schema,
                    "subresources": {
                        "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
                    },
                }
            ],
        },
    }
    status, content_type, made = client.send("POST", CRDS, crd)
    assert (status, content_type) == (201, PROTOBUF)
    assert made["spec"]["versions"][0]["schema"] == schema
    path = "/apis/example.com/v1/namespaces/default/wires"
    for _ in range(50):
        status, content_type, _ = client.send("GET", path)
        if status == 200:
            break
    assert (status, content_type) == (200, JSON)
    status, _, told = client.send("GET", path, Accept=PROTOBUF)
    assert (status, told["reason"]) == (406, "NotAcceptable")
    partial = client.send("GET", path, Accept=f"{PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")[2]
    assert (partial["kind"], partial["items"]) == ("PartialObjectMetadataList", None)
    status, _, told = client.send("POST", path, config_map("x"))
    assert status == 400
    assert "object *unstructured.Unstructured does not implement the protobuf" in told["message"]
    wire = {"kind": "Wire", "apiVersion": "example.com/v1", "metadata": {"name": "w"}, "spec": {"replicas": 2}}
    assert client.send("POST", path, json.dumps(wire), Content_Type=JSON)[0] == 201
    _, content_type, scale = client.send("GET", f"{path}/w/scale")
    assert (content_type, scale["kind"], scale["spec"]) == (PROTOBUF, "Scale", {"replicas": 2})
    scale["spec"] = {"replicas": 3}
    assert client.send("PUT", f"{path}/w/scale", scale)[2]["spec"] == {"replicas": 3}
    client.send("DELETE", f"{CRDS}/wires.example.com")


@pytest.mark.parametrize("path", ["/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1"])
def test_discovery_is_told_in_protobuf(client: GoClient, path: str) -> None:
    status, content_type, document = client.send("GET", path, Accept=PROTOBUF)
    assert (status, content_type) == (200, PROTOBUF)
    _, _, plain = client.send("GET", path, Accept=JSON)
    assert {"apiVersion": "", **json.loads(plain)} == document
