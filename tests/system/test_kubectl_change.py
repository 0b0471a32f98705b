"""Objects are edited, patched, labelled, scaled, rolled out, waited for and deleted."""

import json
import subprocess

import pytest

from tests.system.process import Kubectl

pytestmark = pytest.mark.kubectl


def data(kubectl: Kubectl, name: str = "a") -> dict[str, str]:
    found: dict[str, str] = json.loads(kubectl("get", "configmap", name, "-o", "json")).get("data", {})
    return found


def test_edit(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "a", "--from-literal=k=before")
    assert "edited" in kubectl("edit", "configmap", "a", env={"KUBE_EDITOR": "sed -i s/before/after/"})
    assert data(kubectl) == {"k": "after"}
    assert "Edit cancelled" in kubectl.run("edit", "configmap", "a", env={"KUBE_EDITOR": "true"}).stderr


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("json", '[{"op":"replace","path":"/data/k","value":"w"}]'),
        ("merge", '{"data":{"k":"w"}}'),
        ("strategic", '{"data":{"k":"w"}}'),
    ],
)
def test_patch(kubectl: Kubectl, kind: str, patch: str) -> None:
    kubectl("create", "configmap", "a", "--from-literal=k=v")
    kubectl("patch", "configmap", "a", "--type", kind, "-p", patch)
    assert data(kubectl) == {"k": "w"}
    assert "(no change)" in kubectl("patch", "configmap", "a", "--type", kind, "-p", patch)


def test_strategic_patch_merges_containers_by_name(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "a", "--image=nginx")
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox"}]}}}}
    kubectl("patch", "deployment", "a", "-p", json.dumps(patch))
    images = kubectl("get", "deployment", "a", "-o", "jsonpath={.spec.template.spec.containers[*].image}")
    assert images.split() == ["busybox", "nginx"]


def test_patch_of_the_status(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "a", "--image=nginx")
    kubectl("patch", "deployment", "a", "--subresource=status", "--type=merge", "-p", '{"status":{"replicas":3}}')
    assert kubectl("get", "deployment", "a", "-o", "jsonpath={.status.replicas}") == "3"


def test_label_and_annotate(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "a")
    kubectl("label", "configmap", "a", "x=y", "z=1")
    assert "already has a value" in kubectl.run("label", "configmap", "a", "x=z").stderr
    kubectl("label", "configmap", "a", "x=z", "z-", "--overwrite")
    assert json.loads(kubectl("get", "cm", "a", "-o", "jsonpath={.metadata.labels}")) == {"x": "z"}
    kubectl("annotate", "configmap", "a", "note=some text")
    assert kubectl("get", "cm", "a", "-o", "jsonpath={.metadata.annotations.note}") == "some text"
    kubectl("annotate", "configmap", "a", "note-")
    assert kubectl("get", "cm", "a", "-o", "jsonpath={.metadata.annotations}") == ""


def test_scale(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "a", "--image=nginx")
    kubectl("scale", "deployment", "a", "--replicas=3", "--current-replicas=1")
    assert kubectl("get", "deployment", "a", "-o", "jsonpath={.spec.replicas}") == "3"
    kubectl("scale", "deployment", "a", "--replicas=4", "--current-replicas=1", code=1)


def test_set_image_env_and_resources(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "a", "--image=nginx:1")
    kubectl("set", "image", "deployment/a", "nginx=nginx:2")
    kubectl("set", "env", "deployment/a", "A=b")
    kubectl("set", "resources", "deployment/a", "--limits=cpu=200m")
    container = json.loads(kubectl("get", "deployment", "a", "-o", "jsonpath={.spec.template.spec.containers[0]}"))
    assert container["image"] == "nginx:2"
    assert container["env"] == [{"name": "A", "value": "b"}]
    assert container["resources"] == {"limits": {"cpu": "200m"}}


def test_rollout_tells_what_the_objects_say(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "a", "--image=nginx")
    assert "Waiting for deployment" in kubectl("rollout", "status", "deployment/a", "--watch=false")
    generation = int(kubectl("get", "deployment", "a", "-o", "jsonpath={.metadata.generation}"))
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    status = {"observedGeneration": generation, **counts}
    kubectl("patch", "deployment", "a", "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/a", "--timeout=5s")
    assert "a" in kubectl("rollout", "history", "deployment/a")


def test_rollout_pause_resume_and_restart(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "a", "--image=nginx")
    kubectl("rollout", "pause", "deployment/a")
    assert kubectl("get", "deployment", "a", "-o", "jsonpath={.spec.paused}") == "true"
    kubectl("rollout", "resume", "deployment/a")
    kubectl("rollout", "restart", "deployment/a")
    told = kubectl("get", "deployment", "a", "-o", "jsonpath={.spec.template.metadata.annotations}")
    assert "kubectl.kubernetes.io/restartedAt" in told


def test_wait_for_a_condition_a_value_and_an_end(kubectl: Kubectl) -> None:
    kubectl("run", "a", "--image=nginx")
    status = {"status": {"conditions": [{"type": "Ready", "status": "True"}], "phase": "Running"}}
    waiting = kubectl.start("wait", "--for=condition=Ready", "pod/a", "--timeout=10s")
    kubectl("patch", "pod", "a", "--subresource=status", "--type=merge", "-p", json.dumps(status))
    assert "condition met" in waiting.communicate(timeout=15)[0]
    assert "condition met" in kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/a", "--timeout=5s")
    waiting = kubectl.start("wait", "--for=delete", "pod/a", "--timeout=10s")
    kubectl("delete", "pod", "a", "--force", "--grace-period=0", "--wait=false")
    waiting.communicate(timeout=15)
    assert waiting.returncode == 0


def test_wait_gives_up(kubectl: Kubectl) -> None:
    kubectl("run", "a", "--image=nginx")
    assert "timed out" in kubectl.run("wait", "--for=condition=Ready", "pod/a", "--timeout=100ms").stderr


def test_delete_waits_for_finalizers(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "a")
    kubectl("patch", "configmap", "a", "-p", '{"metadata":{"finalizers":["example.com/wait"]}}')
    kubectl("delete", "configmap", "a", "--wait=false")
    assert kubectl("get", "configmap", "a", "-o", "jsonpath={.metadata.deletionTimestamp}")
    deleting = kubectl.start("delete", "configmap", "a", "--wait")
    with pytest.raises(subprocess.TimeoutExpired):
        deleting.wait(0.5)
    kubectl("patch", "configmap", "a", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    deleting.communicate(timeout=15)
    assert deleting.returncode == 0


@pytest.mark.parametrize(("cascade", "policy"), [("orphan", "orphan"), ("foreground", "foregroundDeletion")])
def test_delete_with_cascade_leaves_its_finalizer_or_goes(kubectl: Kubectl, cascade: str, policy: str) -> None:
    kubectl("create", "deployment", "a", "--image=nginx")
    kubectl("delete", "deployment", "a", f"--cascade={cascade}", "--wait=false")
    left = kubectl.run("get", "deployment", "a", "-o", "jsonpath={.metadata.finalizers[0]}")
    assert left.stdout == policy or "NotFound" in left.stderr


def test_delete_by_label_and_all(kubectl: Kubectl) -> None:
    for name in "abc":
        kubectl("create", "configmap", name)
    kubectl("label", "configmap", "a", "b", "x=y")
    kubectl("delete", "configmaps", "-l", "x=y")
    assert kubectl("get", "configmaps", "c", "-o", "name").split() == ["configmap/c"]
    kubectl("delete", "configmaps", "--all")
    kubectl("get", "configmap", "c", code=1)
    kubectl("delete", "configmap", "c", "--ignore-not-found")


def test_a_new_namespace_gets_its_service_account_and_goes_with_all_that_is_in_it(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "shortlived")
    kubectl("wait", "--for=create", "serviceaccount/default", "-n", "shortlived", "--timeout=5s")
    kubectl("create", "configmap", "inside", "-n", "shortlived")
    kubectl("delete", "namespace", "shortlived", "--timeout=20s")
    kubectl("get", "namespace", "shortlived", code=1)


def test_taint_cordon_and_uncordon_a_node(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin='{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}')
    kubectl("taint", "node", "n", "k=v:NoSchedule")
    kubectl("cordon", "n")
    assert "SchedulingDisabled" in kubectl("get", "node", "n")
    kubectl("uncordon", "n")
    assert "k" in kubectl("get", "node", "n", "-o", "jsonpath={.spec.taints[*].key}").split()
    kubectl("delete", "node", "n")
