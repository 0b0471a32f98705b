"""TaintNodesByCondition: a new node takes no pods before it is ready."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.kinds.kind import Kind

NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


class TaintNodesByCondition:
    """Taints new nodes as not ready."""

    name = "TaintNodesByCondition"

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "CREATE" and kind.group_resource == "nodes" and not subresource

    async def admit(self, attributes: Attributes) -> None:
        if attributes.obj is None:
            return
        spec = attributes.obj.setdefault("spec", {})
        taints = spec.get("taints") or []
        if not any(t.get("key") == NOT_READY["key"] and t.get("effect") == NOT_READY["effect"] for t in taints):
            spec["taints"] = [*taints, dict(NOT_READY)]
