"""ExtendedResourceToleration: pods that ask for a device tolerate the taint of nodes that are kept for it."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.kinds.kind import Kind
from miniapi.validation.rules import is_extended_resource


class ExtendedResourceToleration:
    """Adds a toleration for each extended resource."""

    name = "ExtendedResourceToleration"

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and kind.group_resource == "pods" and not subresource

    async def admit(self, attributes: Attributes) -> None:
        if attributes.obj is None:
            return
        spec = attributes.obj["spec"]
        containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
        asked = {name for c in containers for name in (c.get("resources") or {}).get("requests") or ()}
        added = [
            {"key": name, "operator": "Exists", "effect": "NoSchedule"}
            for name in sorted(asked)
            if is_extended_resource(name)
        ]
        if added:
            given = spec.get("tolerations") or []
            spec["tolerations"] = given + [t for t in added if t not in given]
