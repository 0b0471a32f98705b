"""CertificateSigning: who sets a certificate or conditions must be allowed to sign for the request's signer."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.refusal import forbidden
from miniapi.admission.signers import is_request, may
from miniapi.authz.interface import Authorizer
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object


class CertificateSigning:
    """Judges updates of certificatesigningrequests/status."""

    name = "CertificateSigning"

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "UPDATE" and subresource == "status" and is_request(kind)

    async def validate(self, attributes: Attributes) -> None:
        old = attributes.old or {}
        if _outcome(attributes.obj or {}) == _outcome(old):
            return
        signer = (old.get("spec") or {}).get("signerName") or ""
        if not await may(self._authorizer, attributes.user, "sign", signer):
            raise forbidden(attributes, f'user not permitted to sign requests with signerName "{signer}"')


def _outcome(request: Object) -> tuple[str, list[Object]]:
    status = request.get("status") or {}
    return status.get("certificate") or "", status.get("conditions") or []
