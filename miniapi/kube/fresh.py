"""What a fresh server holds: namespaces, roles and bindings, priority classes, flow control, the service network."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Iterator
from importlib import resources

from miniapi.client.client import Client
from miniapi.errors import ApiError
from miniapi.meta.objects import Object
from miniapi.storage.interface import Store

_KINDS = {
    "namespaces": "Namespace",
    "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding",
    "roles": "Role",
    "rolebindings": "RoleBinding",
    "priorityclasses": "PriorityClass",
    "flowschemas": "FlowSchema",
    "prioritylevelconfigurations": "PriorityLevelConfiguration",
    "servicecidrs": "ServiceCIDR",
}

NODE_ROLE = ("clusterroles", "system:node")


def objects() -> Iterator[tuple[str, str, str, Object]]:
    """(group, version, plural, object), namespaces first."""
    document = json.loads(resources.files("miniapi.kube").joinpath("data/bootstrap.json").read_bytes())
    for path in sorted(document, key=lambda p: not p.endswith("/namespaces")):
        *_, version, plural = path.split("/")
        group = path.split("/")[1] if path.startswith("apis/") else ""
        for obj in document[path]:
            yield (
                group,
                version,
                plural,
                {
                    "kind": _KINDS[plural],
                    "apiVersion": f"{group}/{version}" if group else version,
                    **obj,
                },
            )


def node_rules() -> list[Object]:
    """What every node may do: the rules of the cluster role system:node, which the Node authorizer gives nodes."""
    return next(o["rules"] for _, _, plural, o in objects() if (plural, o["metadata"]["name"]) == NODE_ROLE)


def first_service_address(service_cluster_ip_range: str) -> str:
    """The address of the service `kubernetes`: the first of the network."""
    return str(next(ipaddress.ip_network(service_cluster_ip_range.split(",")[0]).hosts()))


async def create_missing(client: Client, store: Store, service_cluster_ip_range: str) -> None:
    """Creates what is not there, all at once so that it shares commits; what is there is left as it is."""
    if await store.count("clusterroles/"):
        return
    entries = list(objects())
    namespaces = [e for e in entries if e[2] == "namespaces"]
    others = [e for e in entries if e[2] != "namespaces"]
    for batch in (namespaces, others):
        await asyncio.gather(*(_create(client, entry, service_cluster_ip_range) for entry in batch))


async def _create(client: Client, entry: tuple[str, str, str, Object], service_cluster_ip_range: str) -> None:
    group, version, plural, obj = entry
    if plural == "servicecidrs":
        obj["spec"] = {"cidrs": service_cluster_ip_range.split(",")}
    try:
        await client.create(group, version, plural, obj["metadata"].get("namespace", ""), obj)
    except ApiError as problem:
        if problem.code not in (404, 409):
            raise
