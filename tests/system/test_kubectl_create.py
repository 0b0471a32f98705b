"""Each kind that kubectl has a generator for is created, read back and deleted."""

import json

import pytest

from tests.system.process import Kubectl

pytestmark = pytest.mark.kubectl

CREATED = [
    "deployment a --image=nginx --replicas=2 --port=80",
    "configmap a --from-literal=k=v",
    "secret generic a --from-literal=k=v",
    "secret docker-registry a --docker-server=r --docker-username=u --docker-password=p",
    "service clusterip a --tcp=80:8080",
    "service nodeport a --tcp=80:8080",
    "service loadbalancer a --tcp=80:8080",
    "service externalname a --external-name=example.com",
    "job a --image=busybox -- true",
    "cronjob a --image=busybox --schedule=*/5_*_*_*_* -- true",
    "role a --verb=get,list --resource=pods,deployments.apps",
    "rolebinding a --clusterrole=view --user=jane --serviceaccount=default:default",
    "quota a --hard=cpu=1,pods=2",
    "serviceaccount a",
    "ingress a --class=nginx --rule=example.com/x*=a:80,tls=t",
    "poddisruptionbudget a --selector=app=a --min-available=1",
]


@pytest.mark.parametrize("words", CREATED, ids=lambda w: "-".join(w.split(" a")[0].split()))
def test_create(kubectl: Kubectl, words: str) -> None:
    kind, *rest = [word.replace("_", " ") for word in words.split()]
    made = json.loads(kubectl("create", kind, *rest[:-2], "-o", "json", *rest[-2:]))
    assert made["metadata"]["name"] == "a"
    assert made["metadata"]["uid"]
    named = f"{made['kind'].lower()}/a"
    assert kubectl("get", named, "-o", "jsonpath={.metadata.uid}") == made["metadata"]["uid"]
    kubectl("delete", named)
    assert "NotFound" in kubectl.run("get", named).stderr


@pytest.mark.parametrize(
    "words",
    [
        "namespace NAME",
        "clusterrole NAME --verb=get --resource=nodes",
        "clusterrolebinding NAME --clusterrole=view --group=g",
        "priorityclass NAME --value=7 --description=d",
    ],
    ids=lambda w: w.split()[0],
)
def test_create_what_has_no_namespace(kubectl: Kubectl, words: str) -> None:
    kind, *rest = words.replace("NAME", "only-a-test").split()
    kubectl("create", kind, *rest)
    assert kubectl("get", kind, "only-a-test", "-o", "name").endswith("/only-a-test\n")
    kubectl("delete", kind, "only-a-test")


def test_create_says_what_is_there_already(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "a")
    assert 'configmaps "a" already exists' in kubectl.run("create", "configmap", "a").stderr


def test_run_makes_a_pod(kubectl: Kubectl) -> None:
    kubectl("run", "a", "--image=nginx", "--labels=x=y", "--env=A=b")
    pod = json.loads(kubectl("get", "pod", "a", "-o", "json"))
    assert pod["spec"]["containers"][0]["env"] == [{"name": "A", "value": "b"}]
    assert pod["status"]["phase"] == "Pending"


def test_expose_and_autoscale_follow_a_deployment(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "a", "--image=nginx")
    kubectl("expose", "deployment", "a", "--port=80", "--target-port=8080")
    assert kubectl("get", "service", "a", "-o", "jsonpath={.spec.selector.app}") == "a"
    kubectl("autoscale", "deployment", "a", "--min=1", "--max=5")
    assert kubectl("get", "hpa", "a", "-o", "jsonpath={.spec.maxReplicas}") == "5"


def test_dry_run_on_the_server_defaults_and_stores_nothing(kubectl: Kubectl) -> None:
    shown = json.loads(kubectl("create", "deployment", "a", "--image=nginx", "--dry-run=server", "-o", "json"))
    assert shown["spec"]["progressDeadlineSeconds"] == 600
    kubectl("get", "deployment", "a", code=1)


def test_create_token(kubectl: Kubectl) -> None:
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=5s")
    assert kubectl("create", "token", "default").count(".") == 2
