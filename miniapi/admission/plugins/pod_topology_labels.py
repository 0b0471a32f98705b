"""PodTopologyLabels: a pod on a node carries the node's zone and region."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object

LABELS = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")


class PodTopologyLabels:
    """Labels bindings, whose labels become the pod's, and pods that are made on a node."""

    name = "PodTopologyLabels"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "CREATE" and kind.group_resource == "pods" and subresource in ("", "binding")

    async def admit(self, attributes: Attributes) -> None:
        obj = attributes.obj
        if obj is None:
            return
        node = _target(obj) if attributes.subresource else (obj.get("spec") or {}).get("nodeName")
        found = await self._lister.get("", "nodes", "", node) if node else None
        if found is None:
            return
        of_node = found["metadata"].get("labels") or {}
        labels = {name: of_node[name] for name in LABELS if name in of_node}
        if labels:
            obj["metadata"]["labels"] = {**labels, **(obj["metadata"].get("labels") or {})}


def _target(binding: Object) -> str:
    target = binding.get("target") or {}
    return str(target.get("name") or "") if target.get("kind") == "Node" else ""
