"""ClusterTrustBundleAttest: only who may speak for a signer says whom it trusts."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.refusal import forbidden
from miniapi.admission.signers import GROUP, may
from miniapi.authz.interface import Authorizer
from miniapi.kinds.kind import Kind


class ClusterTrustBundleAttest:
    """Judges bundles that name a signer."""

    name = "ClusterTrustBundleAttest"

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        del subresource
        return operation in ("CREATE", "UPDATE") and (kind.gvk.group, kind.plural) == (GROUP, "clustertrustbundles")

    async def validate(self, attributes: Attributes) -> None:
        obj, old = attributes.obj, attributes.old
        signer = ((obj or {}).get("spec") or {}).get("signerName")
        if not signer or (old is not None and obj is not None and old.get("spec") == obj.get("spec")):
            return
        if not await may(self._authorizer, attributes.user, "attest", signer):
            raise forbidden(attributes, f'user not permitted to attest for signerName "{signer}"')
