"""Custom resources as users of kubectl have them."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.system.process import Kubectl, ServerProcess, binary

pytestmark = pytest.mark.kubectl


def definition(plural: str, kind: str) -> dict[str, Any]:
    spec = {
        "type": "object",
        "description": "what is wanted",
        "required": ["size"],
        "properties": {
            "size": {"type": "integer", "minimum": 1, "description": "how large"},
            "replicas": {"type": "integer", "default": 1},
        },
        "x-kubernetes-validations": [{"rule": "self.size < 100", "message": "too large"}],
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
        "subresources": {"scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
        "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": [version],
        },
    }


def apply(kubectl: Kubectl, folder: Path, obj: dict[str, Any]) -> str:
    file = folder / "object.json"
    file.write_text(json.dumps(obj))
    return kubectl("apply", "-f", str(file))


def test_a_definition_is_served_explained_and_ends_with_its_objects(kubectl: Kubectl, tmp_path: Path) -> None:
    apply(kubectl, tmp_path, definition("widgets", "Widget"))
    kubectl("wait", "--for=condition=established", "crd/widgets.example.com", "--timeout=10s")
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 3}}
    assert apply(kubectl, tmp_path, widget) == "widget.example.com/a created\n"
    assert apply(kubectl, tmp_path, widget) == "widget.example.com/a unchanged\n"
    assert [line.split() for line in kubectl("get", "widgets").splitlines()] == [["NAME", "SIZE"], ["a", "3"]]
    assert "how large" in kubectl("explain", "widgets.spec")
    kubectl("scale", "widget/a", "--replicas=4")
    assert kubectl("get", "widget", "a", "-o", "jsonpath={.spec.replicas}") == "4"
    kubectl("delete", "crd", "widgets.example.com")
    assert "widgets" not in kubectl("api-resources", "--cached=false")


@pytest.mark.slow
def test_definitions_outlive_the_server_that_took_them(tmp_path: Path) -> None:
    binary()
    server = ServerProcess(tmp_path, "--quiet").start()
    kubectl = Kubectl(server, "default")
    apply(kubectl, tmp_path, definition("gizmos", "Gizmo"))
    kubectl("wait", "--for=condition=established", "crd/gizmos.example.com", "--timeout=10s")
    gizmo = {"apiVersion": "example.com/v1", "kind": "Gizmo", "metadata": {"name": "a"}, "spec": {"size": 3}}
    apply(kubectl, tmp_path, gizmo)
    server.stop(signal.SIGKILL)
    server.start()
    assert kubectl("get", "gizmos", "-o", "name") == "gizmo.example.com/a\n"
    assert server.stop() == 0
