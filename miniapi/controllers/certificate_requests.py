"""Which certificates the built-in signers give, and to whom without being asked twice.

Follows pkg/controller/certificates/{signer,approver} and pkg/apis/certificates/helpers.go.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from miniapi.meta.objects import Object

CLIENT, KUBELET_CLIENT, KUBELET_SERVING = (
    "kubernetes.io/kube-apiserver-client",
    "kubernetes.io/kube-apiserver-client-kubelet",
    "kubernetes.io/kubelet-serving",
)
SIGNERS = (CLIENT, KUBELET_CLIENT, KUBELET_SERVING)
"""What the server's own CA signs for."""
NODES_GROUP, NODE_PREFIX = "system:nodes", "system:node:"


class NotSigned(Exception):
    """Why a signer does not sign a request."""


def parse(request: Object) -> Any:
    """The x509.CertificateSigningRequest of an object; validation has read it before."""
    from cryptography import x509

    return x509.load_pem_x509_csr(base64.b64decode(request["spec"]["request"]))


def condition(request: Object, kind: str) -> bool:
    """Whether the request has the condition Approved, Denied or Failed."""
    return any(c.get("type") == kind for c in (request.get("status") or {}).get("conditions") or ())


def check(signer: str, parsed: Any, usages: Sequence[str]) -> None:
    """Raises NotSigned where the request is not one that the signer signs."""
    if signer == CLIENT:
        _check_client_usages(usages)
    else:
        _check_node(parsed, serving=signer == KUBELET_SERVING)
        _check_kubelet_usages(usages, "server auth" if signer == KUBELET_SERVING else "client auth")


def is_node_client(request: Object, parsed: Any) -> bool:
    """Whether a kubelet asks for its client certificate."""
    if request["spec"].get("signerName") != KUBELET_CLIENT:
        return False
    try:
        check(KUBELET_CLIENT, parsed, request["spec"].get("usages") or ())
    except NotSigned:
        return False
    return True


def common_name(parsed: Any) -> str:
    """The subject's, empty for none."""
    return next(iter(_subject(parsed, "COMMON_NAME")), "")


def _subject(parsed: Any, attribute: str) -> list[str]:
    from cryptography.x509.oid import NameOID

    return [str(a.value) for a in parsed.subject.get_attributes_for_oid(getattr(NameOID, attribute))]


def _check_client_usages(usages: Sequence[str]) -> None:
    for usage in usages:
        if usage not in ("client auth", "digital signature", "key encipherment"):
            raise NotSigned(f"invalid usage for client certificate: {usage}")
    if "client auth" not in usages:
        raise NotSigned("missing required usage for client certificate: client auth")


def _check_kubelet_usages(usages: Sequence[str], purpose: str) -> None:
    needed = {"digital signature", purpose}
    if set(usages) not in (needed, needed | {"key encipherment"}):
        listed = " ".join(sorted(needed | {"key encipherment"}))
        raise NotSigned(f"usages did not match [{listed}]")


def _check_node(parsed: Any, *, serving: bool) -> None:
    from cryptography import x509

    if _subject(parsed, "ORGANIZATION_NAME") != [NODES_GROUP]:
        raise NotSigned("subject organization is not system:nodes")
    if not common_name(parsed).startswith(NODE_PREFIX):
        raise NotSigned("subject common name does not begin with system:node:")
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = []
    kinds = {type(n) for n in names}
    if serving and not kinds & {x509.DNSName, x509.IPAddress}:
        raise NotSigned("DNS or IP subjectAltName is required")
    for kind, text in _ALTERNATIVES:
        if getattr(x509, kind) in kinds and not (serving and kind in ("DNSName", "IPAddress")):
            raise NotSigned(f"{text} subjectAltNames are not allowed")


_ALTERNATIVES = (
    ("DNSName", "DNS"),
    ("RFC822Name", "Email"),
    ("IPAddress", "IP"),
    ("UniformResourceIdentifier", "URI"),
)
