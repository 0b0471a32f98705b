"""CertificateSubjectRestriction: no client certificate of the server's own signer is for system:masters."""

from __future__ import annotations

import base64

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.refusal import forbidden
from miniapi.admission.signers import CLIENT_SIGNER, is_request
from miniapi.kinds.kind import Kind
from miniapi.meta.user import MASTERS_GROUP


class CertificateSubjectRestriction:
    """Judges new CertificateSigningRequests."""

    name = "CertificateSubjectRestriction"

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "CREATE" and not subresource and is_request(kind)

    async def validate(self, attributes: Attributes) -> None:
        spec = (attributes.obj or {}).get("spec") or {}
        if spec.get("signerName") != CLIENT_SIGNER:
            return
        if MASTERS_GROUP in _organizations(base64.b64decode(spec.get("request") or "")):
            raise forbidden(attributes, f"use of {CLIENT_SIGNER} signer with {MASTERS_GROUP} group is not allowed")


def _organizations(pem: bytes) -> list[str]:
    """Validation has read the request before: it is one."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    subject = x509.load_pem_x509_csr(pem).subject
    return [str(a.value) for a in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
