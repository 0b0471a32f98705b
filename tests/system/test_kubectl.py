import json

import pytest

from tests.system.conftest import Kubectl

pytestmark = pytest.mark.kubectl

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: applied}
data: {a: "1"}
"""


def test_version_names_the_release(kubectl: Kubectl) -> None:
    assert "v1.36" in kubectl("version")


def test_api_resources_lists_built_in_kinds(kubectl: Kubectl) -> None:
    listed = kubectl("api-resources", "-o", "name")
    assert {"pods", "deployments.apps", "clusterroles.rbac.authorization.k8s.io"} <= set(listed.split())


def test_api_versions(kubectl: Kubectl) -> None:
    assert {"v1", "apps/v1", "batch/v1"} <= set(kubectl("api-versions").split())


def test_explain_explains(kubectl: Kubectl) -> None:
    assert "DESCRIPTION" in kubectl("explain", "deployment.spec.replicas")


def test_the_system_namespaces_exist(kubectl: Kubectl) -> None:
    listed = kubectl("get", "namespaces", "-o", "name").split()
    assert {"namespace/default", "namespace/kube-system", "namespace/kube-public"} <= set(listed)


def test_create_get_and_delete_a_config_map(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "one", "--from-literal=a=b")
    assert json.loads(kubectl("get", "configmap", "one", "-o", "json"))["data"] == {"a": "b"}
    kubectl("delete", "configmap", "one")
    kubectl("get", "configmap", "one", code=1)


def test_apply_twice_is_unchanged_then_configured(kubectl: Kubectl) -> None:
    assert "created" in kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert "unchanged" in kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert "configured" in kubectl("apply", "-f", "-", stdin=MANIFEST.replace('"1"', '"2"'))


def test_server_side_apply_shows_conflicts(kubectl: Kubectl) -> None:
    manifest = MANIFEST.replace("applied", "owned")
    kubectl("apply", "--server-side", "--field-manager=one", "-f", "-", stdin=manifest)
    other = manifest.replace('"1"', '"2"')
    kubectl("apply", "--server-side", "--field-manager=two", "-f", "-", stdin=other, code=1)
    kubectl("apply", "--server-side", "--field-manager=two", "--force-conflicts", "-f", "-", stdin=other)


def test_label_annotate_and_select(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "tagged")
    kubectl("label", "configmap", "tagged", "color=blue")
    kubectl("annotate", "configmap", "tagged", "note=x")
    assert kubectl("get", "configmaps", "-l", "color=blue", "-o", "name").strip() == "configmap/tagged"


@pytest.mark.parametrize("kind", ["json", "merge", "strategic"])
def test_patch(kubectl: Kubectl, kind: str) -> None:
    kubectl("create", "configmap", f"patched-{kind}", "--from-literal=a=b")
    patch = '[{"op":"replace","path":"/data/a","value":"c"}]' if kind == "json" else '{"data":{"a":"c"}}'
    kubectl("patch", "configmap", f"patched-{kind}", "--type", kind, "-p", patch)
    assert kubectl("get", "configmap", f"patched-{kind}", "-o", "jsonpath={.data.a}") == "c"


def test_a_new_namespace_gets_its_service_account_and_goes_when_deleted(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "shortlived")
    kubectl("wait", "--for=create", "serviceaccount/default", "-n", "shortlived", "--timeout=5s")
    kubectl("create", "configmap", "inside", "-n", "shortlived")
    kubectl("delete", "namespace", "shortlived", "--timeout=20s")
    kubectl("get", "namespace", "shortlived", code=1)


def test_table_output(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2")
    assert "0/2" in kubectl("get", "deployment", "web", "-o", "wide")


def test_dry_run_stores_nothing(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "dry", "--dry-run=server")
    kubectl("get", "configmap", "dry", code=1)
