"""Objects are shown in every form, chosen, sorted, described and watched."""

import json

import pytest
import yaml

from tests.system.process import Kubectl, lines_until

pytestmark = pytest.mark.kubectl

FORMS = {
    "json": '"kind": "Deployment"',
    "yaml": "kind: Deployment",
    "wide": "nginx",
    "name": "deployment.apps/a",
    "jsonpath={.spec.template.spec.containers[0].image}": "nginx",
    "go-template={{.metadata.name}}": "a",
    "custom-columns=N:.metadata.name,I:.spec.template.spec.containers[*].image": "nginx",
}


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.partition("=")[0])
def test_forms_of_output(kubectl: Kubectl, form: str) -> None:
    kubectl("create", "deployment", "a", "--image=nginx")
    assert FORMS[form] in kubectl("get", "deployment", "a", "-o", form)


def test_tables_have_the_kinds_columns(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "a", "--image=nginx", "--replicas=2")
    head, row = kubectl("get", "deployments").splitlines()
    assert head.split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row.split()[:2] == ["a", "0/2"]


def test_several_kinds_are_shown_together(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "a", "--image=nginx")
    kubectl("create", "service", "clusterip", "a", "--tcp=80")
    shown = kubectl("get", "deployments,services", "-o", "name")
    assert shown.split() == ["deployment.apps/a", "service/a"]
    assert "deployment.apps/a" in kubectl("get", "all")


def test_labels_choose(kubectl: Kubectl) -> None:
    for name, color in (("a", "red"), ("b", "blue"), ("c", "blue")):
        kubectl("create", "configmap", name)
        kubectl("label", "configmap", name, f"color={color}")
    assert kubectl("get", "cm", "-l", "color=blue", "-o", "name").split() == ["configmap/b", "configmap/c"]
    assert kubectl("get", "cm", "-l", "color in (red, x)", "-o", "name").split() == ["configmap/a"]
    assert kubectl("get", "cm", "-l", "color,color!=red", "-o", "name").split() == ["configmap/b", "configmap/c"]
    assert "color=red" in kubectl("get", "cm", "a", "--show-labels")
    assert kubectl("get", "cm", "a", "-L", "color").splitlines()[1].endswith("red")


def test_fields_choose(kubectl: Kubectl) -> None:
    for name in "ab":
        kubectl("run", name, "--image=nginx")
    assert kubectl("get", "pods", "--field-selector=metadata.name=b", "-o", "name").split() == ["pod/b"]
    found = kubectl("get", "pods", "--field-selector=status.phase=Pending,metadata.name!=b", "-o", "name")
    assert found.split() == ["pod/a"]
    assert "field label not supported" in kubectl.run("get", "pods", "--field-selector=spec.x=y").stderr


def test_all_namespaces(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "everywhere")
    assert "everywhere" in kubectl("get", "configmaps", "-A")
    assert kubectl("get", "configmaps", "-A").split()[:2] == ["NAMESPACE", "NAME"]


def test_sorted(kubectl: Kubectl) -> None:
    for name, value in (("a", "2"), ("b", "3"), ("c", "1")):
        kubectl("create", "configmap", name, f"--from-literal=v={value}")
    shown = kubectl("get", "configmaps", "a", "b", "c", "--sort-by=.data.v", "-o", "name")
    assert shown.split() == ["configmap/c", "configmap/a", "configmap/b"]


def test_pages(kubectl: Kubectl) -> None:
    for name in "abc":
        kubectl("create", "configmap", name)
    shown = kubectl("get", "configmaps", "--chunk-size=1", "-o", "name").split()
    assert {"configmap/a", "configmap/b", "configmap/c"} <= set(shown)


def test_managed_fields_are_shown_when_asked_for(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "a", "--from-literal=k=v")
    assert "managedFields" not in kubectl("get", "configmap", "a", "-o", "yaml")
    shown = yaml.safe_load(kubectl("get", "configmap", "a", "-o", "yaml", "--show-managed-fields"))
    assert shown["metadata"]["managedFields"][0]["manager"] == "kubectl-create"


@pytest.mark.parametrize(
    ("create", "kind", "told"),
    [
        ("deployment a --image=nginx", "deployment", "RollingUpdate"),
        ("service clusterip a --tcp=80", "service", "80/TCP"),
        ("configmap a --from-literal=k=v", "configmap", "k:\n----\nv"),
        ("job a --image=busybox", "job", "Completions:"),
        ("quota a --hard=pods=2", "quota", "Resource"),
    ],
    ids=["deployment", "service", "configmap", "job", "quota"],
)
def test_describe(kubectl: Kubectl, create: str, kind: str, told: str) -> None:
    kubectl("create", *create.split())
    assert told in kubectl("describe", kind, "a")


def test_describe_of_a_pod_shows_its_events(kubectl: Kubectl) -> None:
    kubectl("run", "a", "--image=nginx")
    uid = kubectl("get", "pod", "a", "-o", "jsonpath={.metadata.uid}")
    namespace = kubectl("get", "pod", "a", "-o", "jsonpath={.metadata.namespace}")
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "a.1"},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": "a", "namespace": namespace, "uid": uid},
        "reason": "Tested",
        "message": "it was tested",
        "type": "Normal",
        "source": {"component": "test"},
    }
    kubectl("create", "-f", "-", stdin=json.dumps(event))
    assert "it was tested" in kubectl("describe", "pod", "a")
    assert "Tested" in kubectl("events")


def test_watch_shows_changes(kubectl: Kubectl) -> None:
    watch = kubectl.start("get", "configmaps", "-w", "-o", "name", "--field-selector=metadata.name=a")
    try:
        kubectl("create", "configmap", "a")
        lines_until(watch, "configmap/a")
        kubectl("label", "configmap", "a", "x=y")
        lines_until(watch, "configmap/a")
    finally:
        watch.terminate()
        watch.communicate()


def test_watch_only_tells_kinds_of_events(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "a")
    watch = kubectl.start("get", "configmap", "a", "-w", "--output-watch-events", "-o", "json")
    try:
        lines_until(watch, '"ADDED"')
        kubectl("delete", "configmap", "a")
        lines_until(watch, '"DELETED"')
    finally:
        watch.terminate()
        watch.communicate()
