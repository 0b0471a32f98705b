"""AlwaysDeny: refuses every write."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind


class AlwaysDeny:
    """For tests of clients."""

    name = "AlwaysDeny"

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return True

    async def admit(self, attributes: Attributes) -> None:
        raise forbidden(attributes, "admission control is denying all modifications")
