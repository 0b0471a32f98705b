"""What the type of a Service entails (pkg/api/service)."""

from __future__ import annotations

from typing import Any

NONE = "None"
"""The cluster IP of a headless service."""
ROUTED = ("ClusterIP", "NodePort", "LoadBalancer")


def is_headless(spec: dict[str, Any]) -> bool:
    """Exactly one cluster IP, which is None."""
    return bool(spec.get("clusterIPs") == [NONE])


def externally_accessible(spec: dict[str, Any]) -> bool:
    """Reached from outside of the cluster."""
    return spec.get("type") in ("LoadBalancer", "NodePort") or (
        spec.get("type") == "ClusterIP" and bool(spec.get("externalIPs"))
    )


def needs_health_check(spec: dict[str, Any]) -> bool:
    """A load balancer that keeps traffic on the node asks it whether it has endpoints."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def needs_cluster_ip(spec: dict[str, Any]) -> bool:
    """All types but ExternalName."""
    return spec.get("type") != "ExternalName"


def needs_node_port(spec: dict[str, Any]) -> bool:
    """Node ports, and load balancers unless they opt out."""
    if spec.get("type") == "LoadBalancer":
        return bool(spec.get("allocateLoadBalancerNodePorts", True))
    return spec.get("type") == "NodePort"
