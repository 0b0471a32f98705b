"""Where objects lie: the part of a key between the etcd prefix and the namespace (kubeapiserver/default_storage)."""

from __future__ import annotations

SPECIAL_PREFIXES = {
    ("", "services"): "services/specs",
    ("", "endpoints"): "services/endpoints",
    ("", "nodes"): "minions",
    ("", "replicationcontrollers"): "controllers",
    ("networking.k8s.io", "ingresses"): "ingress",
    ("apiregistration.k8s.io", "apiservices"): "apiregistration.k8s.io/apiservices",
    ("apiextensions.k8s.io", "customresourcedefinitions"): "apiextensions.k8s.io/customresourcedefinitions",
}
"""Built-in resources that do not lie under their plural."""

MASTER_LEASES_PREFIX = "masterleases"
"""Leases of the addresses behind the kubernetes Service, one key per address."""

NODE_PORTS_KEY = "ranges/servicenodeports"
"""The allocation map of node ports."""


def storage_prefix(group: str, plural: str, *, custom: bool = False) -> str:
    """`pods`, `services/specs`, `stable.example.com/crontabs`: no slash at either end."""
    if custom:
        return f"{group}/{plural}"
    return SPECIAL_PREFIXES.get((group, plural), plural)


def root(etcd_prefix: str) -> str:
    """What stands before every key: `registry` and `/registry/` both give `/registry/`."""
    inner = "/".join(part for part in etcd_prefix.split("/") if part)
    return f"/{inner}/" if inner else "/"
