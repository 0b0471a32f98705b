"""CertificateApproval: who approves or denies must be allowed to for the request's signer."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.refusal import forbidden
from miniapi.admission.signers import is_request, may
from miniapi.authz.interface import Authorizer
from miniapi.kinds.kind import Kind


class CertificateApproval:
    """Judges updates of certificatesigningrequests/approval."""

    name = "CertificateApproval"

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "UPDATE" and subresource == "approval" and is_request(kind)

    async def validate(self, attributes: Attributes) -> None:
        signer = ((attributes.old or {}).get("spec") or {}).get("signerName") or ""
        if not await may(self._authorizer, attributes.user, "approve", signer):
            raise forbidden(attributes, f'user not permitted to approve requests with signerName "{signer}"')
