"""May this user approve or sign for this signer: on its name, or on all names of its domain."""

from __future__ import annotations

from miniapi.authz.interface import Attributes, Authorizer
from miniapi.kinds.kind import Kind
from miniapi.meta.user import UserInfo

GROUP = "certificates.k8s.io"
CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"


async def may(authorizer: Authorizer, user: UserInfo, verb: str, signer_name: str) -> bool:
    """certificates.IsAuthorizedForSignerName."""
    domain = signer_name.partition("/")[0]
    for name in (signer_name, f"{domain}/*"):
        question = Attributes(user, verb, group=GROUP, version="*", resource="signers", name=name)
        if (await authorizer.authorize(question)).verdict == "allow":
            return True
    return False


def is_request(kind: Kind) -> bool:
    """Whether the kind is CertificateSigningRequest."""
    return kind.gvk.group == GROUP and kind.plural == "certificatesigningrequests"
