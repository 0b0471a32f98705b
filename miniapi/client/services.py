"""Where a Service can really be reached: there is no kube-proxy behind this server, so its endpoints are asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from miniapi.meta.objects import Object

SERVICE_NAME = "kubernetes.io/service-name"


class Objects(Protocol):
    """What the resolver reads."""

    async def get(self, group: str, plural: str, namespace: str, name: str) -> Object | None: ...

    async def list(self, group: str, plural: str, namespace: str = "") -> Sequence[Object]: ...


class ServiceUnavailable(Exception):
    """No address now; `reason` is an APIService condition's, the message the original's."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ServiceResolver:
    """Service and port to `host:port`, as --enable-aggregator-routing does it: straight to an endpoint."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def resolve(self, namespace: str, name: str, port: int) -> str:
        """Raises ServiceUnavailable."""
        service = await self._objects.get("", "services", namespace, name)
        if service is None:
            raise ServiceUnavailable("ServiceNotFound", f'service/{name} in "{namespace}" is not present')
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            return f"{spec['externalName']}:{port}"
        named = next((p for p in spec.get("ports") or () if p["port"] == port), None)
        if named is None:
            raise ServiceUnavailable(
                "ServicePortError", f'service/{name} in "{namespace}" is not listening on port {port}'
            )
        address = await self._endpoint(namespace, name, named.get("name") or "")
        if address is None:
            raise ServiceUnavailable(
                "MissingEndpoints",
                f'endpoints for service/{name} in "{namespace}" have no addresses '
                f'with port name "{named.get("name") or ""}"',
            )
        return address

    async def _endpoint(self, namespace: str, name: str, port_name: str) -> str | None:
        slices = [
            s
            for s in await self._objects.list("discovery.k8s.io", "endpointslices", namespace)
            if (s["metadata"].get("labels") or {}).get(SERVICE_NAME) == name
        ]
        if not slices:
            raise ServiceUnavailable(
                "EndpointsNotFound", f'cannot find endpointslices for service/{name} in "{namespace}"'
            )
        for found in slices:
            port = next((p["port"] for p in found.get("ports") or () if (p.get("name") or "") == port_name), None)
            for endpoint in found.get("endpoints") or ():
                if port and (endpoint.get("conditions") or {}).get("ready") is not False:
                    host = endpoint["addresses"][0]
                    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return None
