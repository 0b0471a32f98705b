"""What a fresh server holds: namespaces, roles and bindings, priority classes, flow control, the service network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources

from miniapi.client.client import Client
from miniapi.errors import ApiError
from miniapi.meta.objects import Object

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


def objects() -> Iterator[tuple[str, str, str, Object]]:
    """(group, version, plural, object), namespaces first."""
    document = json.loads(resources.files("miniapi.kube").joinpath("data/bootstrap.json").read_bytes())
    for path in sorted(document, key=lambda p: not p.endswith("/namespaces")):
        *_, version, plural = path.split("/")
        group = path.split("/")[1] if path.startswith("apis/") else ""
        for obj in document[path]:
            yield group, version, plural, {
                "kind": _KINDS[plural],
                "apiVersion": f"{group}/{version}" if group else version,
                **obj,
            }


async def create_missing(client: Client, service_cluster_ip_range: str) -> None:
    """Creates what is not there; what is there is left as it is."""
    for group, version, plural, obj in objects():
        if plural == "servicecidrs":
            obj["spec"] = {"cidrs": service_cluster_ip_range.split(",")}
        try:
            await client.create(group, version, plural, obj["metadata"].get("namespace", ""), obj)
        except ApiError as problem:
            if problem.code not in (404, 409) and problem.reason != "AlreadyExists":
                raise
