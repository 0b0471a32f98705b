"""Manifests are applied, applied again, changed, compared and replaced."""

import json

import pytest

from tests.system.conftest import MANIFESTS
from tests.system.process import Kubectl

pytestmark = pytest.mark.kubectl

CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {a: "1"}
"""


ALWAYS_CONFIGURED = ("statefulset.apps/database configured", "poddisruptionbudget.policy/database configured")
"""kubectl sees a difference where the server has defaulted parts of a list without keys, and in every replaced map."""


@pytest.mark.parametrize("server_side", [False, True], ids=["client-side", "server-side"])
@pytest.mark.parametrize("name", sorted(p.stem for p in MANIFESTS.glob("*.yaml")))
def test_manifests_are_applied_and_then_unchanged(kubectl: Kubectl, name: str, server_side: bool) -> None:
    flags = ["--server-side"] if server_side else []
    path = str(MANIFESTS / f"{name}.yaml")
    kubectl("apply", "-f", path, *flags)
    before = kubectl("get", "-f", path, "-o", "jsonpath={.items[*].metadata.resourceVersion}")
    again = kubectl("apply", "-f", path, *flags).splitlines()
    assert server_side or [line for line in again if not line.endswith((" unchanged", *ALWAYS_CONFIGURED))] == []
    assert kubectl("get", "-f", path, "-o", "jsonpath={.items[*].metadata.resourceVersion}") == before


def test_a_change_is_configured(kubectl: Kubectl) -> None:
    assert "created" in kubectl("apply", "-f", "-", stdin=CONFIG)
    assert "configured" in kubectl("apply", "-f", "-", stdin=CONFIG.replace('"1"', '"2"'))
    assert kubectl("get", "configmap", "a", "-o", "jsonpath={.data.a}") == "2"


def test_what_is_left_out_of_a_manifest_goes(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=CONFIG.replace('{a: "1"}', '{a: "1", b: "2"}'))
    kubectl("apply", "-f", "-", stdin=CONFIG)
    assert json.loads(kubectl("get", "configmap", "a", "-o", "json"))["data"] == {"a": "1"}


def test_diff_shows_a_change_and_nothing_without_one(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=CONFIG)
    assert kubectl("diff", "-f", "-", stdin=CONFIG) == ""
    shown = kubectl("diff", "-f", "-", stdin=CONFIG.replace('"1"', '"2"'), code=1)
    assert '-  a: "1"' in shown
    assert '+  a: "2"' in shown


def test_fields_of_another_manager_conflict_until_forced(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "--field-manager=one", "-f", "-", stdin=CONFIG)
    other = CONFIG.replace('"1"', '"2"')
    refused = kubectl.run("apply", "--server-side", "--field-manager=two", "-f", "-", stdin=other)
    assert 'conflict with "one": .data.a' in refused.stderr
    kubectl("apply", "--server-side", "--field-manager=two", "--force-conflicts", "-f", "-", stdin=other)
    managed = json.loads(kubectl("get", "configmap", "a", "-o", "json", "--show-managed-fields"))
    assert [m["manager"] for m in managed["metadata"]["managedFields"]] == ["two"]


def test_unknown_fields_are_refused(kubectl: Kubectl) -> None:
    refused = kubectl.run("apply", "-f", "-", stdin=CONFIG.replace("\ndata:", "\ndate:"))
    assert 'unknown field "date"' in refused.stderr


def test_dry_run_on_the_server_changes_nothing(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=CONFIG)
    assert "server dry run" in kubectl("apply", "--dry-run=server", "-f", "-", stdin=CONFIG.replace('"1"', '"2"'))
    assert kubectl("get", "configmap", "a", "-o", "jsonpath={.data.a}") == "1"


def test_replace_and_replace_by_force(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=CONFIG)
    uid = kubectl("get", "configmap", "a", "-o", "jsonpath={.metadata.uid}")
    kubectl("replace", "-f", "-", stdin=CONFIG.replace('"1"', '"2"'))
    assert kubectl("get", "configmap", "a", "-o", "jsonpath={.data.a} {.metadata.uid}") == f"2 {uid}"
    kubectl("replace", "--force", "-f", "-", stdin=CONFIG)
    assert kubectl("get", "configmap", "a", "-o", "jsonpath={.metadata.uid}") != uid


def test_apply_prunes_what_left_the_manifests(kubectl: Kubectl) -> None:
    both = "\n---\n".join(CONFIG.replace("{name: a}", f"{{name: {n}, labels: {{set: x}}}}") for n in "ab")
    kubectl("apply", "-f", "-", stdin=both)
    kept = both.partition("---")[0]
    kubectl("apply", "-f", "-", "--prune", "-l", "set=x", "--prune-allowlist=core/v1/ConfigMap", stdin=kept)
    assert kubectl("get", "configmaps", "-l", "set=x", "-o", "name").split() == ["configmap/a"]


def test_apply_merges_by_the_schemas_that_the_server_publishes(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=CONFIG)
    told = kubectl.run("apply", "-v=8", "-f", "-", stdin=CONFIG.replace('"1"', '"2"'))
    assert told.returncode == 0
    assert "does not support strategic merge patch" not in told.stderr
