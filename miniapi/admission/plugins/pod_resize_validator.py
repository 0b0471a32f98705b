"""PodResizeValidator: a running pod does not outgrow its node."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind
from miniapi.meta import quantity
from miniapi.meta.objects import Object
from miniapi.meta.pods import effective

OS_LABEL = "kubernetes.io/os"


class PodResizeValidator:
    """Judges pods/resize of pods that have a node."""

    name = "PodResizeValidator"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "UPDATE" and kind.group_resource == "pods" and subresource == "resize"

    async def validate(self, attributes: Attributes) -> None:
        pod, old = attributes.obj, attributes.old
        if pod is None or old is None or not pod["spec"].get("nodeName"):
            return
        if pod["metadata"].get("generation") == old["metadata"].get("generation"):
            return
        name = pod["spec"]["nodeName"]
        node = await self._lister.get("", "nodes", "", name)
        if node is None:
            raise forbidden(attributes, f'node "{name}" not found')
        short = _shortages(pod, node)
        if short:
            raise forbidden(attributes, f"Node didn't have enough allocatable resources: {'; '.join(short)}")
        system = (node["metadata"].get("labels") or {}).get(OS_LABEL, "")
        if system != "linux":
            raise forbidden(attributes, f'pod resize is only supported on linux nodes, node "{name}" is "{system}"')


def _shortages(pod: Object, node: Object) -> list[str]:
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    requests = effective(pod["spec"], "requests")
    short = []
    for name, scale in (("cpu", -3), ("memory", 0)):
        has = quantity.scaled_value(quantity.parse(str(allocatable.get(name, "0"))), scale)
        asked = quantity.scaled_value(requests.get(name, quantity.ZERO), scale)
        if asked > has:
            short.append(f"{name}, requested: {asked}, allocatable: {has}")
    return short
