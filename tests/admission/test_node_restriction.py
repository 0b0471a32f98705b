"""What nodes may write, and who may approve and sign certificates."""

import base64

import pytest

from miniapi.admission.plugins.certificate_approval import CertificateApproval
from miniapi.admission.plugins.certificate_signing import CertificateSigning
from miniapi.admission.plugins.certificate_subject_restriction import CertificateSubjectRestriction
from miniapi.admission.plugins.node_restriction import NodeRestriction
from miniapi.errors import ApiError
from miniapi.meta.user import UserInfo
from tests.admission.world import NAMESPACE, POD, World, attributes, kind

KUBELET = UserInfo("system:node:n1", groups=("system:nodes", "system:authenticated"))
NODE, ACCOUNT = kind("nodes", "Node", namespaced=False), kind("serviceaccounts", "ServiceAccount")
LEASE = kind("leases", "Lease", "coordination.k8s.io")
CLAIM = kind("persistentvolumeclaims", "PersistentVolumeClaim")
SLICE = kind("resourceslices", "ResourceSlice", "resource.k8s.io", namespaced=False)
REQUEST = kind("certificatesigningrequests", "CertificateSigningRequest", "certificates.k8s.io", namespaced=False)


@pytest.fixture
def world():
    world = World()
    world.add("", "nodes", "n1", {"metadata": {"uid": "u1"}})
    world.add("", "pods", "mine", {"metadata": {"uid": "p1"}, "spec": {"nodeName": "n1"}}, "ns")
    world.add("", "pods", "other", {"metadata": {"uid": "p2"}, "spec": {"nodeName": "n2"}}, "ns")
    return world


async def refused(world, of, obj, old=None, operation=None, user=KUBELET, subresource="", name="", namespace=""):
    """The refusal's words, empty where there is none."""
    plugin = NodeRestriction(world, world)
    write = attributes(of, obj, old, operation, user, subresource)
    write.name, write.namespace = name or write.name, namespace or write.namespace
    assert plugin.handles(write.operation, of, write.subresource)
    try:
        await plugin.admit(write)
    except ApiError as problem:
        return problem.message.partition(" is forbidden: ")[2] or problem.message
    return ""


def mirror(owner=None, **spec):
    owners = [{"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u1", "controller": True, **(owner or {})}]
    meta = {"name": "m", "annotations": {"kubernetes.io/config.mirror": "x"}, "ownerReferences": owners}
    return {"metadata": meta, "spec": {"nodeName": "n1", **spec}}


@pytest.mark.parametrize(
    ("pod", "words"),
    [
        (mirror(), ""),
        (
            {"metadata": {"name": "m"}, "spec": {}},
            'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
        ),
        (mirror(nodeName="n2"), 'node "n1" can only create pods with spec.nodeName set to itself'),
        (mirror({"name": "n2"}), 'node "n1" can only create pods with an owner reference set to itself'),
        (mirror({"uid": "u2"}), "node n1 UID mismatch: expected u2 got u1"),
        (mirror(serviceAccountName="x"), 'node "n1" can not create pods that reference a service account'),
        (
            mirror(volumes=[{"name": "v", "secret": {"secretName": "s"}}]),
            'node "n1" can not create pods that reference secrets',
        ),
    ],
)
async def test_nodes_create_mirror_pods_of_their_own(world, pod, words):
    assert await refused(world, POD, pod) == words


async def test_nodes_delete_and_evict_what_runs_on_them(world):
    assert await refused(world, POD, None, {}, "DELETE", name="mine") == ""
    words = 'node "n1" can only delete pods with spec.nodeName set to itself'
    assert await refused(world, POD, None, {}, "DELETE", name="other") == words
    words = "node n1 can only evict pods with spec.nodeName set to itself"
    assert await refused(world, POD, {}, subresource="eviction", name="other") == words
    assert await refused(world, POD, None, {}, "DELETE", name="gone") == 'pods "gone" not found'


async def test_labels_of_a_pod_are_not_a_nodes_to_change(world):
    old = {"metadata": {"name": "mine", "labels": {"a": "b"}}, "spec": {"nodeName": "n1"}}
    new = {"metadata": {"name": "mine"}, "spec": {"nodeName": "n1"}, "status": {"phase": "Running"}}
    words = 'node "n1" cannot update labels through pod status'
    assert await refused(world, POD, new, old, subresource="status") == words


def node_with(name="n1", taints=(), **labels):
    return {"metadata": {"name": name, "labels": labels}, "spec": {"taints": list(taints)}}


async def test_nodes_register_themselves_with_labels_of_kubelets(world):
    good = {"kubernetes.io/hostname": "n1", "kubelet.kubernetes.io/x": "1", "example.com/any": "1"}
    assert await refused(world, NODE, node_with(**good)) == ""
    assert await refused(world, NODE, node_with("n2")) == 'node "n1" is not allowed to modify node "n2"'
    bad = {"node-restriction.kubernetes.io/a": "1", "x.k8s.io/b": "1"}
    words = 'node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/a, x.k8s.io/b'
    assert await refused(world, NODE, node_with(**bad)) == words


async def test_nodes_do_not_change_their_taints(world):
    words = 'node "n1" is not allowed to modify taints'
    assert await refused(world, NODE, node_with(), node_with(taints=[{"key": "a"}]), name="n1") == words


def token_request(uid="p1", name="mine", audiences=()):
    reference = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}
    return {"metadata": {}, "spec": {"boundObjectRef": reference, "audiences": list(audiences)}}


async def test_nodes_get_tokens_for_their_pods(world):
    async def ask(request):
        return await refused(world, ACCOUNT, request, subresource="token", name="sa")

    words = 'audience "vault" not found in pod spec volume, system:node:n1 is not authorized to request tokens for '
    assert await ask(token_request(audiences=["vault"])) == words + "this audience"
    world.objects["", "pods", "ns"]["mine"]["spec"]["volumes"] = [
        {"name": "t", "projected": {"sources": [{"serviceAccountToken": {"audience": "vault"}}]}}
    ]
    assert await ask(token_request(audiences=["vault"])) == ""
    assert await ask({"metadata": {}, "spec": {}}) == "node requested token not bound to a pod"
    assert (
        await ask(token_request("p2", "other")) == "node requested token bound to a pod scheduled on a different node"
    )
    assert (await ask(token_request("p9"))).startswith("the UID in the bound object reference (p9) does not match")


async def test_leases_slices_and_claims_are_a_nodes_own(world):
    lease = {"metadata": {"name": "n2"}}
    words = "can only access node lease with the same name as the requesting node"
    assert await refused(world, LEASE, lease, namespace="kube-node-lease") == words
    words = "can only create ResourceSlice with the same NodeName as the requesting node"
    assert await refused(world, SLICE, {"metadata": {}, "spec": {"nodeName": "n2"}}) == words
    assert await refused(world, CLAIM, {"metadata": {}}) == "may only update PVC status"
    old = {"metadata": {"name": "c"}, "spec": {"a": 1}, "status": {"phase": "Bound"}}
    grown = {**old, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}
    assert await refused(world, CLAIM, grown, old, subresource="status") == ""
    words = 'node "n1" is not allowed to update fields other than status.quantity and status.conditions'
    assert await refused(world, CLAIM, {**old, "status": {"phase": "Lost"}}, old, subresource="status") == words


async def test_others_are_not_judged(world):
    assert await refused(world, NODE, node_with("n2"), user=UserInfo("alice", groups=("system:nodes",))) == ""
    assert not NodeRestriction(world, world).handles("CREATE", NAMESPACE, "")


def certificate_request(common_name="x", organization="o", signer="kubernetes.io/kube-apiserver-client"):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    names = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common_name)]
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    pem = made.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return {"metadata": {"name": "r"}, "spec": {"request": base64.b64encode(pem).decode(), "signerName": signer}}


async def test_nodes_ask_for_certificates_in_their_own_name(world):
    signer = "kubernetes.io/kube-apiserver-client-kubelet"
    own = certificate_request("system:node:n1", "system:nodes", signer)
    assert await refused(world, REQUEST, own) == ""
    other = certificate_request("system:node:n2", "system:nodes", signer)
    assert await refused(world, REQUEST, other) == "can only create a node CSR with CN=system:node:n1"


async def test_the_clients_signer_makes_no_masters(world):
    plugin = CertificateSubjectRestriction()
    await plugin.validate(attributes(REQUEST, certificate_request(organization="team")))
    with pytest.raises(ApiError, match="signer with system:masters group is not allowed"):
        await plugin.validate(attributes(REQUEST, certificate_request(organization="system:masters")))


async def test_approving_and_signing_need_leave_for_the_signer_or_its_domain(world):
    old = certificate_request(signer="example.com/a")
    new = {**old, "status": {"certificate": "eA=="}}
    for plugin, verb in ((CertificateApproval(world), "approve"), (CertificateSigning(world), "sign")):
        write = attributes(REQUEST, new, old)
        with pytest.raises(ApiError, match=f'not permitted to {verb} requests with signerName "example.com/a"'):
            await plugin.validate(write)
        for name in ("example.com/a", "example.com/*"):
            world.allowed = {(verb, "signers", name)}
            await plugin.validate(write)
        world.allowed = set()
    await CertificateSigning(world).validate(attributes(REQUEST, old, old))
