"""AlwaysAdmit: lets everything pass, as if it were not there."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.kinds.kind import Kind


class AlwaysAdmit:
    """Handles nothing."""

    name = "AlwaysAdmit"

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return False

    async def admit(self, attributes: Attributes) -> None:
        return
