"""Where the kubelets of nodes listen (pkg/kubelet/client NodeConnectionInfoGetter)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from miniapi import errors
from miniapi.client.outbound import Trust
from miniapi.kube.handlers.connect import read
from miniapi.kube.handlers.upgrade_aware_proxy import Location
from miniapi.meta.objects import Object
from miniapi.registry.resource import Resource

PORT = 10250


@dataclass(frozen=True, slots=True)
class Kubelets:
    """Finds kubelets by the names of their nodes."""

    nodes: Resource
    address_types: Sequence[str]
    """Which of a node's addresses are tried first."""
    trust: Trust

    async def locate(self, name: str) -> Location:
        """404 without the node, 500 where it has no address."""
        node = await read(self.nodes, "nodes", "", name)
        status: dict[str, Any] = node.get("status") or {}
        port = ((status.get("daemonEndpoints") or {}).get("kubeletEndpoint") or {}).get("Port") or PORT
        return Location("https", self._address(node), port, trust=self.trust)

    def _address(self, node: Object) -> str:
        known = (node.get("status") or {}).get("addresses") or ()
        for kind in self.address_types:
            for address in known:
                if address.get("type") == kind:
                    return str(address.get("address") or "")
            label = (node["metadata"].get("labels") or {}).get("kubernetes.io/hostname")
            if kind == "Hostname" and label:
                return str(label)
        shown = " ".join(f"{{{a.get('type', '')} {a.get('address', '')}}}" for a in known)
        raise errors.server_error(f"no preferred addresses found; known addresses: [{shown}]")
