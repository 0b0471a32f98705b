"""Publishes this server as the service default/kubernetes (pkg/controlplane/controller/kubernetesservice)."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from typing import Any

from miniapi.client.client import Client
from miniapi.errors import ApiError
from miniapi.meta.objects import Object, copy

NAMESPACE, NAME = "default", "kubernetes"
_SERVICE_PORT = 443
_LABELS = {"component": "apiserver", "provider": "kubernetes"}
PAUSES_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Between the attempts to publish."""
_DOCUMENTATION = "192.0.2.1"
"""An address that is nobody's (RFC 5737): choosing a route to it sends nothing."""

log = logging.getLogger(__name__)


def host_address(advertised: str) -> str:
    """Where others reach this host: what is advertised, or the address of the default route; empty for none."""
    address = ipaddress.ip_address(advertised)
    if not address.is_loopback and not address.is_unspecified:
        return advertised
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_DOCUMENTATION, 9))
        except OSError:
            return ""
        found = str(probe.getsockname()[0])
    return "" if ipaddress.ip_address(found).is_loopback else found


async def publish(client: Client, service_address: str, address: str, port: int) -> None:
    """Creates the service and its endpoints, or corrects them; without endpoints where the host has no address."""
    service: Object = {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": _LABELS},
        "spec": {
            "type": "ClusterIP",
            "clusterIP": service_address,
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "protocol": "TCP", "port": _SERVICE_PORT, "targetPort": port}],
        },
    }
    await _ensure(client, "", "services", service)
    if not address:
        return
    endpoint_port = {"name": "https", "protocol": "TCP", "port": port}
    endpoints: Object = {
        "kind": "Endpoints",
        "apiVersion": "v1",
        "metadata": {
            "name": NAME,
            "namespace": NAMESPACE,
            "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
        },
        "subsets": [{"addresses": [{"ip": address}], "ports": [endpoint_port]}],
    }
    await _ensure(client, "", "endpoints", endpoints)
    endpoint_slice: Object = {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": {"kubernetes.io/service-name": NAME}},
        "addressType": "IPv6" if ":" in address else "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [endpoint_port],
    }
    await _ensure(client, "discovery.k8s.io", "endpointslices", endpoint_slice)


async def _ensure(client: Client, group: str, plural: str, wanted: Object) -> None:
    """Creates, or updates where what is there says otherwise.

    Several servers may do so at once: one that has the address is about to create the service, and who comes second
    looks again. What cannot be published in the end keeps no server from its clients.
    """
    for pause in PAUSES_SECONDS:
        try:
            await _write(client, group, plural, wanted)
            return
        except ApiError as problem:
            if problem.code not in (409, 422):
                raise
            told = problem
        await asyncio.sleep(pause)
    log.warning("%s %s/%s cannot be published: %s", plural, NAMESPACE, NAME, told)


async def _write(client: Client, group: str, plural: str, wanted: Object) -> None:
    """One attempt."""
    try:
        current = await client.get(group, "v1", plural, NAMESPACE, NAME)
    except ApiError as problem:
        if problem.code != 404:
            raise
        current = None
    if current is None:
        await client.create(group, "v1", plural, NAMESPACE, wanted)
    elif not _says(current, wanted):
        update = copy(wanted)
        if plural == "services":
            update["spec"]["clusterIP"] = current["spec"].get("clusterIP", "")
        update["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"]
        await client.update(group, "v1", plural, NAMESPACE, update)


def _says(current: Any, wanted: Any) -> bool:
    """Whether everything wanted is there; what the server adds does not count."""
    if isinstance(wanted, dict):
        return isinstance(current, dict) and all(_says(current.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(current, list)
            and len(current) == len(wanted)
            and all(_says(c, w) for c, w in zip(current, wanted, strict=True))
        )
    return bool(current == wanted)
