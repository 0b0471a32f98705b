"""Services: defaults, what an update keeps of what was allocated, what a change of type drops."""

from __future__ import annotations

from typing import Any

from miniapi.meta.network import cidr_warnings, ip_warnings
from miniapi.meta.objects import Object, copy
from miniapi.meta.service_types import (
    NONE,
    ROUTED,
    externally_accessible,
    is_headless,
    needs_cluster_ip,
    needs_health_check,
    needs_node_port,
)
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import keep_spec, keep_status

_AFFINITY_SECONDS = 10800
_HINTS, _MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"


def default(obj: Object) -> None:
    """SetDefaults_Service."""
    spec = obj.setdefault("spec", {})
    if not spec.get("sessionAffinity"):
        spec["sessionAffinity"] = "None"
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        config = spec.get("sessionAffinityConfig") or {}
        if (config.get("clientIP") or {}).get("timeoutSeconds") is None:
            spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": _AFFINITY_SECONDS}}
    if not spec.get("type"):
        spec["type"] = "ClusterIP"
    for port in spec.get("ports") or ():
        if not port.get("protocol"):
            port["protocol"] = "TCP"
        if not port.get("targetPort"):
            port["targetPort"] = port.get("port", 0)
    if externally_accessible(spec) and not spec.get("externalTrafficPolicy"):
        spec["externalTrafficPolicy"] = "Cluster"
    if spec["type"] in ROUTED and spec.get("internalTrafficPolicy") is None:
        spec["internalTrafficPolicy"] = "Cluster"
    if spec["type"] != "LoadBalancer":
        return
    if spec.get("allocateLoadBalancerNodePorts") is None:
        spec["allocateLoadBalancerNodePorts"] = True
    for entry in ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ():
        if entry.get("ip") and entry.get("ipMode") is None:
            entry["ipMode"] = "VIP"


# --- what an update keeps and drops ---


def _put(spec: dict[str, Any], name: str, value: Any) -> None:
    if value:
        spec[name] = copy(value)
    else:
        spec.pop(name, None)


def _keep_allocated(new: dict[str, Any], old: dict[str, Any]) -> None:
    """patchAllocatedValues: a writer who leaves out what was allocated means to keep it."""
    if needs_cluster_ip(old) and needs_cluster_ip(new):
        if not new.get("clusterIP"):
            _put(new, "clusterIP", old.get("clusterIP"))
        if not new.get("clusterIPs"):
            _put(new, "clusterIPs", old.get("clusterIPs"))
    if needs_node_port(old) and needs_node_port(new):
        before = {p.get("name", ""): p.get("nodePort", 0) for p in old.get("ports") or ()}
        used = {p.get("nodePort", 0) for p in new.get("ports") or ()} & set(before.values()) - {0}
        for port in new.get("ports") or ():
            was = before.get(port.get("name", ""), 0)
            if not port.get("nodePort") and was and was not in used:
                port["nodePort"] = was
    if needs_health_check(old) and needs_health_check(new) and not new.get("healthCheckNodePort"):
        _put(new, "healthCheckNodePort", old.get("healthCheckNodePort"))


def _synchronize(new: dict[str, Any], old: dict[str, Any]) -> None:
    """NormalizeClusterIPs: clients that know only clusterIP, or only change it."""
    first, ips = new.get("clusterIP") or "", new.get("clusterIPs") or []
    old_first, old_ips = old.get("clusterIP") or "", old.get("clusterIPs") or []
    if not old:
        if first and not ips:
            new["clusterIPs"] = [first]
    elif first == old_first:
        if old_ips and not ips:
            new["clusterIPs"] = list(old_ips)
    elif ips == old_ips:
        _put(new, "clusterIPs", [first] if first or not old_first else [])


def _drop_unneeded(new: dict[str, Any], old: dict[str, Any]) -> None:
    """dropTypeDependentFields: what the old type needed, the new one does not, and nobody touched."""

    def drop(*names: str) -> None:
        for name in names:
            if new.get(name) == old.get(name):
                new.pop(name, None)

    if needs_cluster_ip(old) and not needs_cluster_ip(new):
        if new.get("clusterIPs") == old.get("clusterIPs"):
            drop("clusterIP", "clusterIPs")
        drop("ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")
    old_ports, new_ports = ([p.get("nodePort", 0) for p in s.get("ports") or ()] for s in (old, new))
    exposed = ("NodePort", "LoadBalancer")
    if old.get("type") in exposed and new.get("type") not in exposed and set(new_ports) <= set(old_ports):
        for port in new.get("ports") or ():
            port.pop("nodePort", None)
    if needs_health_check(old) and not needs_health_check(new):
        drop("healthCheckNodePort")
    if old.get("type") == "LoadBalancer" and new.get("type") != "LoadBalancer":
        drop("allocateLoadBalancerNodePorts", "loadBalancerClass")
    if externally_accessible(old) and not externally_accessible(new):
        drop("externalTrafficPolicy")


def prepare_create(obj: Object, _ctx: WriteContext) -> None:
    """No status; clusterIP alone means clusterIPs too."""
    obj["status"] = {"loadBalancer": {}}
    _synchronize(obj.setdefault("spec", {}), {})


def prepare_update(obj: Object, old: Object, ctx: WriteContext) -> None:
    """Keeps what was allocated, drops what the type no longer has."""
    keep_status(obj, old, ctx)
    new_spec, old_spec = obj.setdefault("spec", {}), old.get("spec") or {}
    _keep_allocated(new_spec, old_spec)
    _synchronize(new_spec, old_spec)
    _drop_unneeded(new_spec, old_spec)
    if old_spec.get("type") == "LoadBalancer" != new_spec.get("type"):
        obj.setdefault("status", {})["loadBalancer"] = {}


def _warnings(obj: Object) -> list[str]:
    """GetWarningsForService."""
    spec, annotations = obj.get("spec") or {}, obj["metadata"].get("annotations") or {}
    warnings: list[str] = []
    if _HINTS in annotations:
        warnings.append(f"annotation {_HINTS} is deprecated, please use {_MODE} instead")
    for i, ip in enumerate(spec.get("clusterIPs") or ()):
        if ip != NONE:
            warnings += ip_warnings(f"spec.clusterIPs[{i}]", ip)
    if is_headless(spec):
        if spec.get("loadBalancerIP"):
            warnings.append("spec.loadBalancerIP is ignored for headless services")
        if spec.get("externalIPs"):
            warnings.append("spec.externalIPs is ignored for headless services")
        if spec.get("sessionAffinity") != "None":
            warnings.append("spec.SessionAffinity is ignored for headless services")
    for i, ip in enumerate(spec.get("externalIPs") or ()):
        warnings += ip_warnings(f"spec.externalIPs[{i}]", ip)
    if spec.get("externalIPs") and not is_headless(spec) and spec.get("type") != "ExternalName":
        warnings.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
    if spec.get("loadBalancerIP"):
        warnings += ip_warnings("spec.loadBalancerIP", spec["loadBalancerIP"])
    for i, cidr in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        warnings += cidr_warnings(f"spec.loadBalancerSourceRanges[{i}]", cidr.strip())
    if spec.get("type") == "ExternalName" and spec.get("externalIPs"):
        warnings.append('spec.externalIPs is ignored when spec.type is "ExternalName"')
    if spec.get("type") != "ExternalName" and spec.get("externalName"):
        warnings.append('spec.externalName is ignored when spec.type is not "ExternalName"')
    if spec.get("trafficDistribution") == "PreferClose":
        warnings.append('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
    return warnings


def _field(name: str) -> Any:
    return lambda obj: (obj.get("spec") or {}).get(name) or ""


STRATEGY = Strategy(
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    warnings_create=lambda obj, _ctx: _warnings(obj),
    warnings_update=lambda obj, _old, _ctx: _warnings(obj),
    allow_create_on_update=True,
    selectable_fields={"spec.clusterIP": _field("clusterIP"), "spec.type": _field("type")},
    deletes_to_status=False,
)
STATUS = Strategy(default=default, prepare_update=keep_spec, reset_fields=frozenset({"spec"}))
