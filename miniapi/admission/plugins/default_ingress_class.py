"""DefaultIngressClass: ingresses that name no class get the newest of the default ones."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.kinds.kind import Kind

IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
ANNOTATION = "kubernetes.io/ingress.class"


class DefaultIngressClass:
    """Fills spec.ingressClassName of new ingresses."""

    name = "DefaultIngressClass"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "CREATE" and kind.group_resource == "ingresses.networking.k8s.io" and not subresource

    async def admit(self, attributes: Attributes) -> None:
        ingress = attributes.obj
        if ingress is None:
            return
        spec = ingress.setdefault("spec", {})
        if spec.get("ingressClassName") is not None or ANNOTATION in (ingress["metadata"].get("annotations") or {}):
            return
        classes = [c["metadata"] for c in await self._lister.list("networking.k8s.io", "ingressclasses")]
        defaults = [m for m in classes if (m.get("annotations") or {}).get(IS_DEFAULT) == "true"]
        if defaults:
            newest = max(m["creationTimestamp"] for m in defaults)
            spec["ingressClassName"] = min(m["name"] for m in defaults if m["creationTimestamp"] == newest)
