"""What a fresh server holds: namespaces, roles and bindings, priority classes, flow control, the service network."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Iterable, Iterator
from importlib import resources

from miniapi.authz.policy import GROUP as RBAC_GROUP
from miniapi.authz.reconciliation import RoleChanged, reconciled
from miniapi.client.client import APPLY, Client, resource_path
from miniapi.clock import utc_now
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

Entry = tuple[str, str, str, Object]
"""(group, version, plural, object)."""

FLOWCONTROL_GROUP, FLOWCONTROL_MANAGER = "flowcontrol.apiserver.k8s.io", "api-priority-and-fairness-config-producer-v1"
SERVICE_CIDR_MANAGER = "kubernetes-service-cidr-controller"
NODE_ROLE = ("clusterroles", "system:node")


def objects() -> Iterator[Entry]:
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


async def ensure_namespaces(client: Client) -> None:
    """Creates those of the system that are not there."""
    existing = {o["metadata"]["name"] for o in (await client.list("", "v1", "namespaces"))["items"]}
    missing = [e for e in objects() if e[2] == "namespaces" and e[3]["metadata"]["name"] not in existing]
    await asyncio.gather(*(_create(client, entry, "") for entry in missing))


async def ensure(client: Client, store: Store, service_cluster_ip_range: str) -> None:
    """Creates what else is not there, and gives roles and bindings back what they lack. Namespaces come first."""
    entries = [e for e in objects() if e[2] != "namespaces"]
    if await store.count("clusterroles/"):
        await _reconcile(client, entries, service_cluster_ip_range)
    else:  # at once, so that they share commits
        await asyncio.gather(*(_create(client, entry, service_cluster_ip_range) for entry in entries))


async def _reconcile(client: Client, entries: Iterable[Entry], service_cluster_ip_range: str) -> None:
    existing: dict[tuple[str, str], dict[tuple[str, str], Object]] = {}
    for entry in entries:
        group, version, plural, wanted = entry
        if (group, plural) not in existing:
            try:
                listed = (await client.list(group, version, plural))["items"]
            except ApiError as problem:
                if problem.code != 404:
                    raise
                listed = []  # not served here, as --runtime-config has it
            existing[group, plural] = {_key(o): o for o in listed}
        found = existing[group, plural].get(_key(wanted))
        if found is None:
            await _create(client, entry, service_cluster_ip_range)
        elif group == RBAC_GROUP:
            await _give_back(client, entry, found)


async def _give_back(client: Client, entry: Entry, found: Object) -> None:
    group, version, plural, wanted = entry
    namespace, name = _key(found)
    try:
        changed = reconciled(found, wanted)
    except RoleChanged:
        await client.delete(group, version, plural, namespace, name)
        await client.create(group, version, plural, namespace, wanted)
        return
    if changed is not None:
        await client.update(group, version, plural, namespace, changed)


def _key(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


async def _create(client: Client, entry: Entry, service_cluster_ip_range: str) -> None:
    group, version, plural, obj = entry
    if plural == "servicecidrs":
        obj["spec"] = {"cidrs": service_cluster_ip_range.split(",")}
    try:
        path = resource_path(group, version, plural, obj["metadata"].get("namespace", ""))
        query = {"fieldManager": FLOWCONTROL_MANAGER} if group == FLOWCONTROL_GROUP else None
        await client.send("POST", path, query, obj)
        if plural == "servicecidrs":
            await _declare_ready(client, entry)
    except ApiError as problem:
        if problem.code not in (404, 409):
            raise


async def _declare_ready(client: Client, network: Entry) -> None:
    """The original's controller of the default network says so (controlplane/controller/defaultservicecidr)."""
    group, version, plural, obj = network
    name = obj["metadata"]["name"]
    condition = {
        "type": "Ready",
        "status": "True",
        "lastTransitionTime": utc_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "message": "Kubernetes default Service CIDR is ready",
    }
    ready = {
        "kind": obj["kind"],
        "apiVersion": obj["apiVersion"],
        "metadata": {"name": name},
        "status": {"conditions": [condition]},
    }
    manager = {"fieldManager": SERVICE_CIDR_MANAGER, "force": "true"}
    await client.patch(group, version, plural, "", name, ready, APPLY, "status", **manager)
