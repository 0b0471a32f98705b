"""NodeRestriction: a kubelet writes only what concerns its own node (plugin/pkg/admission/noderestriction)."""

from __future__ import annotations

import base64

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.noderestriction import nodes, pods, tokens
from miniapi.admission.refusal import forbidden
from miniapi.authz.interface import Authorizer
from miniapi.authz.node import LEASE_NAMESPACE, node_name
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object

_JUDGED = frozenset(
    {
        "pods",
        "nodes",
        "persistentvolumeclaims",
        "serviceaccounts",
        "leases.coordination.k8s.io",
        "csinodes.storage.k8s.io",
        "resourceslices.resource.k8s.io",
        "certificatesigningrequests.certificates.k8s.io",
    }
)
_KUBELET_SIGNERS = ("kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet")
_CLAIM_STATUS = ("capacity", "conditions", "allocatedResources", "allocatedResourceStatuses", "modifyVolumeStatus")
"""What a node may say of a claim."""


class NodeRestriction:
    """Judges all that nodes write, others not at all."""

    name = "NodeRestriction"

    def __init__(self, lister: Lister, authorizer: Authorizer) -> None:
        self._lister, self._authorizer = lister, authorizer

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        del subresource
        return operation != "CONNECT" and kind.group_resource in _JUDGED

    async def admit(self, attributes: Attributes) -> None:
        a = attributes
        node = node_name(a.user)
        if node is None:
            return
        if not node:
            raise forbidden(a, f'could not determine node from user "{a.user.name}"')
        match a.kind.plural:
            case "pods":
                await pods.admit(node, a, self._lister)
            case "nodes":
                nodes.admit(node, a)
            case "serviceaccounts":
                await tokens.admit(node, a, self._lister, self._authorizer)
            case "persistentvolumeclaims":
                _admit_claim(node, a)
            case "leases":
                _admit_lease(node, a)
            case "csinodes":
                _admit_own(node, a, "CSINode")
            case "resourceslices":
                _admit_slice(node, a)
            case _:
                _admit_request(a)


def _admit_claim(node: str, a: Attributes) -> None:
    if a.subresource != "status":
        raise forbidden(a, "may only update PVC status")
    if a.operation != "UPDATE":
        raise forbidden(a, f'unexpected operation "{a.operation}"')
    new, old = a.obj or {}, a.old or {}
    if _without(new["metadata"], "managedFields") != _without(old["metadata"], "managedFields"):
        raise forbidden(a, f'node "{node}" is not allowed to update metadata of persistentvolumeclaims')
    if _rest_of_claim(new) != _rest_of_claim(old):
        why = f'node "{node}" is not allowed to update fields other than status.quantity and status.conditions'
        raise forbidden(a, why)


def _rest_of_claim(claim: Object) -> Object:
    return {**_without(claim, "metadata"), "status": _without(claim.get("status") or {}, *_CLAIM_STATUS)}


def _without(obj: Object, *names: str) -> Object:
    return {k: v for k, v in obj.items() if k not in names}


def _admit_lease(node: str, a: Attributes) -> None:
    if a.namespace != LEASE_NAMESPACE:
        raise forbidden(a, f'can only access leases in the "{LEASE_NAMESPACE}" system namespace')
    _admit_own(node, a, "node lease")


def _admit_own(node: str, a: Attributes, what: str) -> None:
    name = (a.obj or {})["metadata"].get("name") if a.operation == "CREATE" else a.name
    if name != node:
        raise forbidden(a, f"can only access {what} with the same name as the requesting node")


def _admit_slice(node: str, a: Attributes) -> None:
    judged = {"CREATE": ("create", a.obj), "DELETE": ("delete", a.old)}.get(a.operation)
    if judged is None:
        return  # the Node authorizer has found that the slice is the node's
    verb, found = judged
    if ((found or {}).get("spec") or {}).get("nodeName") != node:
        raise forbidden(a, f"can only {verb} ResourceSlice with the same NodeName as the requesting node")


def _admit_request(a: Attributes) -> None:
    spec = (a.obj or {}).get("spec") or {}
    if a.operation != "CREATE" or spec.get("signerName") not in _KUBELET_SIGNERS:
        return
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        subject = x509.load_pem_x509_csr(base64.b64decode(spec.get("request") or "")).subject
    except ValueError as problem:
        raise forbidden(a, f"unable to parse csr: {problem}") from None
    names = [str(n.value) for n in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names[:1] != [a.user.name]:
        raise forbidden(a, f"can only create a node CSR with CN={a.user.name}")
