"""Nodes may do what concerns their own node."""

import asyncio

import pytest

from miniapi.authz.interface import Attributes
from miniapi.authz.node import Node
from miniapi.authz.node_graph import NodeGraph
from miniapi.authz.references import of_pod, secrets_of_volume
from miniapi.meta.user import UserInfo

KUBELET = UserInfo("system:node:n1", groups=("system:nodes", "system:authenticated"))
RULES = [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["services"]}]


class Source:
    def __init__(self, *objects):
        self.objects, self.handlers = list(objects), []
        self.synced = asyncio.Event()
        self.synced.set()

    def add_handler(self, handler):
        self.handlers.append(handler)
        for obj in self.objects:
            handler("ADDED", None, obj)

    def tell(self, event, old, new):
        for handler in self.handlers:
            handler(event, old, new)


def pod(name="p", node="n1", **spec):
    return {"metadata": {"namespace": "ns", "name": name}, "spec": {"nodeName": node, **spec}}


def volume(name, claim, **spec):
    return {"metadata": {"name": name}, "spec": {"claimRef": {"namespace": "ns", "name": claim}, **spec}}


def placed(name, node):
    return {"metadata": {"name": name}, "spec": {"nodeName": node}}


POD = pod(
    serviceAccountName="robot",
    imagePullSecrets=[{"name": "pull"}],
    containers=[
        {"envFrom": [{"configMapRef": {"name": "env"}}]},
        {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "key", "key": "k"}}}]},
    ],
    volumes=[
        {"name": "a", "persistentVolumeClaim": {"claimName": "claim"}},
        {"name": "b", "ephemeral": {}},
        {"name": "c", "projected": {"sources": [{"configMap": {"name": "projected"}}]}},
        {"name": "d", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "csi"}}},
    ],
    resourceClaims=[{"name": "gpu", "resourceClaimName": "gpu"}],
)
VOLUME = volume("pv", "claim", csi={"driver": "x", "nodeStageSecretRef": {"namespace": "vault", "name": "stage"}})


@pytest.fixture
def world():
    return {
        "pods": Source(POD, pod("q", "n2", serviceAccountName="other")),
        "persistentvolumes": Source(VOLUME),
        "volumeattachments": Source(placed("va", "n1")),
        "resourceslices": Source(placed("slice", "n2")),
    }


@pytest.fixture
def node(world):
    return Node(NodeGraph(lambda group, version, plural: world[plural]), lambda: RULES)


async def asked(node, verb, resource, name="", namespace="ns", user=KUBELET, **more):
    attributes = Attributes(user, verb, resource=resource, namespace=namespace, name=name, **more)
    decision = await node.authorize(attributes)
    return decision.verdict == "allow" or decision.reason


NO_PATH = "no relationship found between node 'n1' and this object"


@pytest.mark.parametrize(
    ("verb", "resource", "name", "more", "answer"),
    [
        ("get", "secrets", "pull", {}, True),
        ("watch", "secrets", "key", {}, True),
        ("get", "secrets", "csi", {}, True),
        ("get", "secrets", "stage", {"namespace": "vault"}, True),
        ("get", "secrets", "another", {}, NO_PATH),
        ("get", "secrets", "pull", {"namespace": "elsewhere"}, NO_PATH),
        ("list", "secrets", "", {}, "No Object name found"),
        ("list", "secrets", "", {"namespace": ""}, "can only read namespaced object of this type"),
        ("delete", "secrets", "pull", {}, "can only read resources of this type"),
        ("get", "configmaps", "env", {}, True),
        ("get", "configmaps", "projected", {}, True),
        ("get", "persistentvolumeclaims", "claim", {}, True),
        ("get", "persistentvolumeclaims", "p-b", {}, True),
        ("patch", "persistentvolumeclaims", "claim", {"subresource": "status"}, True),
        ("list", "persistentvolumeclaims", "claim", {}, "can only get individual resources of this type"),
        ("get", "persistentvolumes", "pv", {"namespace": ""}, True),
        ("get", "resourceclaims", "gpu", {"group": "resource.k8s.io"}, True),
        ("get", "volumeattachments", "va", {"group": "storage.k8s.io", "namespace": ""}, True),
        ("get", "serviceaccounts", "robot", {}, True),
        ("create", "serviceaccounts", "robot", {"subresource": "token"}, True),
        ("create", "serviceaccounts", "other", {"subresource": "token"}, NO_PATH),
        ("update", "leases", "n1", {"group": "coordination.k8s.io", "namespace": "kube-node-lease"}, True),
        (
            "update", "leases", "n2", {"group": "coordination.k8s.io", "namespace": "kube-node-lease"},
            "can only access node lease with the same name as the requesting node",
        ),
        (
            "get", "leases", "n1", {"group": "coordination.k8s.io"},
            'can only access leases in the "kube-node-lease" system namespace',
        ),
        ("get", "csinodes", "n1", {"group": "storage.k8s.io", "namespace": ""}, True),
        ("get", "resourceslices", "slice", {"group": "resource.k8s.io", "namespace": ""}, NO_PATH),
        (
            "deletecollection", "resourceslices", "",
            {"group": "resource.k8s.io", "namespace": "", "field_selector": "spec.nodeName=n1"}, True,
        ),
        ("get", "nodes", "n1", {"namespace": ""}, True),
        ("get", "nodes", "n2", {"namespace": ""}, "node 'n1' cannot read 'n2', only its own Node object"),
        ("patch", "nodes", "n2", {"namespace": "", "subresource": "status"}, True),
        ("get", "pods", "p", {}, True),
        ("get", "pods", "q", {}, NO_PATH),
        ("watch", "pods", "", {"namespace": "", "field_selector": "spec.nodeName=n1"}, True),
        ("watch", "pods", "", {"namespace": ""}, "can only list/watch pods with spec.nodeName field selector"),
        ("create", "pods", "", {"subresource": "eviction"}, True),
        ("list", "services", "", {"namespace": ""}, True),
        ("create", "services", "", {}, ""),
    ],
)  # fmt: skip
async def test_kubelet_reaches_what_its_pods_need(node, verb, resource, name, more, answer):
    assert await asked(node, verb, resource, name, **more) == answer


async def test_only_nodes_are_judged(node):
    assert await asked(node, "list", "services", user=UserInfo("alice", groups=("system:nodes",))) == ""
    nobody = UserInfo("system:node:", groups=("system:nodes",))
    assert await asked(node, "list", "services", user=nobody) == 'unknown node for user "system:node:"'


async def test_what_a_pod_needs_ends_with_the_pod(node, world):
    assert await asked(node, "get", "secrets", "pull") is True
    world["pods"].tell("DELETED", POD, None)
    assert await asked(node, "get", "secrets", "pull") == NO_PATH


async def test_mirror_pods_reach_nothing(node, world):
    mirror = pod("m", serviceAccountName="mirrored")
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    await asked(node, "get", "pods", "p")
    world["pods"].tell("ADDED", None, mirror)
    assert await asked(node, "get", "pods", "m") is True
    assert await asked(node, "get", "serviceaccounts", "mirrored") == NO_PATH


def test_claims_that_the_status_names_are_needed():
    found = {**pod(), "status": {"resourceClaimStatuses": [{"name": "a", "resourceClaimName": "made"}]}}
    assert list(of_pod(found)) == [("resourceclaims", "ns", "made")]


def test_secrets_without_a_namespace_are_of_the_claims():
    share = volume("pv", "claim", azureFile={"secretName": "share"})
    assert list(secrets_of_volume(share)) == [("ns", "share")]
