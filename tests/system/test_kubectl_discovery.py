"""What kubectl learns of the server: releases, resources, explanations, rights."""

import json

import pytest

from tests.system.process import Kubectl

pytestmark = pytest.mark.kubectl


def test_version_names_the_release(kubectl: Kubectl) -> None:
    assert json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"].startswith("v1.36")


def test_cluster_info_names_the_server(kubectl: Kubectl) -> None:
    assert "control plane" in kubectl("cluster-info")


def test_api_resources_lists_built_in_kinds(kubectl: Kubectl) -> None:
    listed = kubectl("api-resources", "-o", "name").split()
    assert {"pods", "deployments.apps", "clusterroles.rbac.authorization.k8s.io"} <= set(listed)


def test_api_resources_knows_verbs_and_short_names(kubectl: Kubectl) -> None:
    listed = kubectl("api-resources", "--api-group=apps", "--verbs=patch", "--namespaced", "-o", "wide")
    assert any(line.split()[:2] == ["deployments", "deploy"] for line in listed.splitlines())


def test_api_versions(kubectl: Kubectl) -> None:
    assert {"v1", "apps/v1", "batch/v1", "networking.k8s.io/v1"} <= set(kubectl("api-versions").split())


@pytest.mark.parametrize("path", ["pods", "deployment.spec.strategy.rollingUpdate.maxSurge", "ingress.spec.rules"])
def test_explain_explains(kubectl: Kubectl, path: str) -> None:
    told = kubectl("explain", path)
    assert "DESCRIPTION" in told
    assert "<empty>" not in told


def test_explain_recursive_lists_fields_of_fields(kubectl: Kubectl) -> None:
    assert "terminationGracePeriodSeconds" in kubectl("explain", "deployment", "--recursive")


def test_raw_paths_are_read(kubectl: Kubectl) -> None:
    assert kubectl("get", "--raw", "/readyz") == "ok"
    assert "readyz check passed" in kubectl("get", "--raw", "/readyz?verbose")
    assert "apiserver_request_total" in kubectl("get", "--raw", "/metrics")
    assert json.loads(kubectl("get", "--raw", "/api/v1/namespaces/default"))["kind"] == "Namespace"


def test_whoami_is_the_admin_of_the_kubeconfig(kubectl: Kubectl) -> None:
    told = json.loads(kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert told["username"] == "kubernetes-admin"
    assert "system:masters" in told["groups"]


def test_can_i_lists_what_one_may(kubectl: Kubectl) -> None:
    assert "*.*" in kubectl("auth", "can-i", "--list")
    assert kubectl("auth", "can-i", "create", "pods").strip() == "yes"
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods")
    kubectl("create", "rolebinding", "reader", "--role=reader", "--user=jane")
    assert kubectl("auth", "can-i", "list", "pods", "--as=jane").strip() == "yes"
    assert kubectl("auth", "can-i", "delete", "pods", "--as=jane", code=1).strip() == "no"


def test_the_written_kubeconfig_has_one_context(kubectl: Kubectl) -> None:
    assert kubectl("config", "current-context").strip() == "miniapi"
    assert kubectl("config", "get-contexts", "-o", "name").split() == ["miniapi"]
