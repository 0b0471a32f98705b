"""LimitPodHardAntiAffinityTopology: pods may keep others off a node, but not off a zone."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind

HOSTNAME = "kubernetes.io/hostname"


class LimitPodHardAntiAffinityTopology:
    """Judges the topology keys of required anti-affinity."""

    name = "LimitPodHardAntiAffinityTopology"

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and kind.group_resource == "pods" and not subresource

    async def validate(self, attributes: Attributes) -> None:
        spec = (attributes.obj or {}).get("spec") or {}
        terms = ((spec.get("affinity") or {}).get("podAntiAffinity") or {}).get(
            "requiredDuringSchedulingIgnoredDuringExecution"
        )
        for term in terms or ():
            key = term.get("topologyKey")
            if key != HOSTNAME:
                why = (
                    f"affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey {key} "
                    f"but only key {HOSTNAME} is allowed"
                )
                raise forbidden(attributes, why)
