"""pods/proxy, services/proxy and nodes/proxy: requests to what runs in the cluster (their ResourceLocation)."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any, Protocol

from miniapi import errors
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.kube.handlers.connect import admit, is_proxyable, read, split_name, split_path
from miniapi.kube.handlers.kubelets import Kubelets
from miniapi.kube.handlers.upgrade_aware_proxy import Dialer, Location, proxy
from miniapi.meta.objects import Object
from miniapi.registry.resource import Resource
from miniapi.wire import Reply

_PORTS = {"http": 80, "https": 443}


class Locator(Protocol):
    """Finds what is meant by a name."""

    async def locate(self, namespace: str, text: str) -> Location:
        """Where requests for `name`, `name:port` or `scheme:name:port` go."""
        ...


@dataclass(frozen=True, slots=True)
class Proxy:
    """Handler of one of the three."""

    locator: Locator
    dialer: Dialer

    async def serve(self, context: Context, scope: Scope) -> Reply:
        """What the other end answers."""
        prefix, path = split_path(context)
        await admit(context, scope, {"path": path} if path else {})
        found = await self.locator.locate(context.info.namespace, context.info.name)
        location = replace(found, path=path, query=context.request.query)
        return await proxy(context, self.dialer, location, prefix)


@dataclass(frozen=True, slots=True)
class PodLocator:
    """A pod's own address; its first container port unless one is named."""

    pods: Resource

    async def locate(self, namespace: str, text: str) -> Location:
        """400 where the pod has no address that may be reached."""
        scheme, name, port = split_name(text, "pod")
        pod = await read(self.pods, "pods", namespace, name)
        if not port:
            ports = (c.get("ports") for c in pod["spec"].get("containers") or ())
            port = next((str(p[0]["containerPort"]) for p in ports if p), "")
        addresses = (pod.get("status") or {}).get("podIPs") or ()
        address = addresses[0].get("ip", "") if addresses else ""
        if not is_proxyable(address):
            raise errors.bad_request("address not allowed")
        scheme = scheme or "http"
        return Location(scheme, address, int(port) if port else _PORTS[scheme])


@dataclass(frozen=True, slots=True)
class NodeLocator:
    """A node's kubelet, or another port of the node."""

    kubelets: Kubelets

    async def locate(self, namespace: str, text: str) -> Location:
        """404 without the node, 400 for this machine's own address."""
        del namespace
        scheme, name, port = split_name(text, "node")
        at = await self.kubelets.locate(name)
        if not port or port == str(at.port):
            return at
        if not is_proxyable(at.host):
            raise errors.bad_request("address not allowed")
        return Location(scheme or "http", at.host, int(port))


@dataclass(frozen=True, slots=True)
class ServiceLocator:
    """One of the pods that a service's Endpoints name."""

    services: Resource
    endpoints: Resource
    pods: Resource

    async def locate(self, namespace: str, text: str) -> Location:
        """404 without Endpoints, 503 where they name no pod with that port."""
        scheme, name, port = split_name(text, "service")
        if port.isdecimal():
            service = await read(self.services, "services", namespace, name)
            ports = service["spec"].get("ports") or ()
            found = next((p for p in ports if p.get("port") == int(port)), None)
            if found is None:
                raise errors.unavailable(f'no service port {int(port)} found for service "{name}"')
            port = found.get("name") or ""
        stored = await self.endpoints.get(namespace, name)
        if stored is None:
            raise errors.not_found("services", "", name)
        subsets = self.endpoints.decode(stored).get("subsets") or []
        if not subsets:
            raise errors.unavailable(f'no endpoints available for service "{name}"')
        for subset in random.sample(subsets, len(subsets)):
            at = await self._of_subset(namespace, subset, port)
            if at is not None:
                return replace(at, scheme=scheme or "http")
        raise errors.unavailable(f'no endpoints available for service "{text}"')

    async def _of_subset(self, namespace: str, subset: Object, port: str) -> Location | None:
        addresses: list[dict[str, Any]] = subset.get("addresses") or []
        number = next((p["port"] for p in subset.get("ports") or () if (p.get("name") or "") == port), None)
        if number is None:
            return None
        for address in random.sample(addresses, len(addresses)):
            if await self._is_pod(namespace, address):
                return Location("http", address["ip"], number)
        return None

    async def _is_pod(self, namespace: str, address: dict[str, Any]) -> bool:
        """Endpoints are written by users: only what is a pod's own address is believed."""
        ref = address.get("targetRef")
        if ref is None or ref.get("namespace") != namespace:
            return False
        stored = await self.pods.get(namespace, ref.get("name") or "")
        if stored is None:
            return False
        addresses = (self.pods.decode(stored).get("status") or {}).get("podIPs") or ()
        return any(a.get("ip") == address.get("ip") for a in addresses)
