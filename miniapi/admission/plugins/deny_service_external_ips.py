"""DenyServiceExternalIPs: nobody takes traffic over by naming an address (CVE-2020-8554)."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind


class DenyServiceExternalIPs:
    """Refuses new spec.externalIPs; those that are there may stay or go."""

    name = "DenyServiceExternalIPs"

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and kind.group_resource == "services" and not subresource

    async def validate(self, attributes: Attributes) -> None:
        new, old = (
            set(((of or {}).get("spec") or {}).get("externalIPs") or ()) for of in (attributes.obj, attributes.old)
        )
        if not new <= old:
            raise forbidden(attributes, "Use of external IPs is denied by admission control")
