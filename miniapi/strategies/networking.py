"""Ingresses, policies, endpoints and addresses: what is filled in for them."""

from __future__ import annotations

from typing import Any

from miniapi.meta.network import cidr_warnings, ip_warnings
from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import drop_status, keep_spec, keep_status

_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_SLICE_CONTROLLERS = ("endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io")
_ENDPOINTS_MANAGED_BY = "endpoints.kubernetes.io/managed-by"
_ENDPOINTS_CONTROLLER = "endpoint-controller"
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"


def default_policy(obj: Object) -> None:
    """TCP ports; both directions are governed that have rules, and ingress always."""
    spec = obj.setdefault("spec", {})
    for side in ("ingress", "egress"):
        for rule in spec.get(side) or ():
            _tcp(rule.get("ports"))
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _tcp(ports: list[dict[str, Any]] | None) -> None:
    for port in ports or ():
        if port.get("protocol") is None:
            port["protocol"] = "TCP"


def default_ingress_class(obj: Object) -> None:
    """Parameters of the whole cluster."""
    parameters = (obj.get("spec") or {}).get("parameters")
    if parameters is not None and parameters.get("scope") is None:
        parameters["scope"] = "Cluster"


def default_endpoints(obj: Object) -> None:
    """TCP ports."""
    for subset in obj.get("subsets") or ():
        _tcp(subset.get("ports"))


def default_slice(obj: Object) -> None:
    """Ports have a name, be it empty, and a protocol."""
    for port in obj.get("ports") or ():
        if port.get("name") is None:
            port["name"] = ""
        if port.get("protocol") is None:
            port["protocol"] = "TCP"


def _create_slice(obj: Object, _ctx: WriteContext) -> None:
    _drop_topology(obj, {})


def _update_slice(obj: Object, old: Object, _ctx: WriteContext) -> None:
    _drop_topology(obj, old)


def _drop_topology(obj: Object, old: Object) -> None:
    """What only v1beta1 could write goes with the first write of the endpoints (dropTopologyOnV1)."""
    endpoints = obj.get("endpoints") or ()
    if endpoints != old.get("endpoints"):
        for endpoint in endpoints:
            endpoint.pop("deprecatedTopology", None)


def _slice_generation(obj: Object) -> object:
    return {k: v for k, v in obj.items() if k != "metadata"}, obj["metadata"].get("labels") or {}


def ingress_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """The old class annotation."""
    spec = obj.get("spec") or {}
    if _CLASS_ANNOTATION in (obj["metadata"].get("annotations") or {}) and spec.get("ingressClassName") is None:
        return [f"annotation \"{_CLASS_ANNOTATION}\" is deprecated, please use 'spec.ingressClassName' instead"]
    return []


def endpoints_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Addresses in odd forms, except for what the controller made."""
    if (obj["metadata"].get("labels") or {}).get(_ENDPOINTS_MANAGED_BY) == _ENDPOINTS_CONTROLLER:
        return []
    return [
        warning
        for i, subset in enumerate(obj.get("subsets") or ())
        for name in ("addresses", "notReadyAddresses")
        for j, address in enumerate(subset.get(name) or ())
        for warning in ip_warnings(f"subsets[{i}].{name}[{j}].ip", address.get("ip") or "")
    ]


def slice_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Addresses in odd forms, except for what controllers made."""
    if (obj["metadata"].get("labels") or {}).get(_MANAGED_BY) in _SLICE_CONTROLLERS:
        return []
    return [
        warning
        for i, endpoint in enumerate(obj.get("endpoints") or ())
        for j, address in enumerate(endpoint.get("addresses") or ())
        for warning in ip_warnings(f"endpoints[{i}].addresses[{j}]", address)
    ]


def create_slice_warnings(obj: Object, ctx: WriteContext) -> list[str]:
    """Of a new slice: also of its address type."""
    old = ["spec.addressType: FQDN endpoints are deprecated"] if obj.get("addressType") == "FQDN" else []
    return old + slice_warnings(obj, ctx)


def policy_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """CIDRs in odd forms."""
    spec = obj.get("spec") or {}
    found: list[str] = []
    for side, peers in (("ingress", "from"), ("egress", "to")):
        for i, rule in enumerate(spec.get(side) or ()):
            for j, peer in enumerate(rule.get(peers) or ()):
                block, path = peer.get("ipBlock") or {}, f"spec.{side}[{i}].{peers}[{j}].ipBlock"
                found += cidr_warnings(f"{path}.cidr", block.get("cidr") or "")
                for k, cidr in enumerate(block.get("except") or ()):
                    found += cidr_warnings(f"{path}.except[{k}]", cidr)
    return found


def ingress_status_warnings(obj: Object, _old: Object, _ctx: WriteContext) -> list[str]:
    """Addresses in odd forms."""
    entries = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    path = "status.loadBalancer.ingress"
    return [w for i, e in enumerate(entries) if e.get("ip") for w in ip_warnings(f"{path}[{i}]", e["ip"])]


def create_ingress(obj: Object, _ctx: WriteContext) -> None:
    """No load balancer yet."""
    obj["status"] = {"loadBalancer": {}}


INGRESS = Strategy(
    prepare_create=create_ingress,
    prepare_update=keep_status,
    warnings_create=ingress_warnings,
    tracks_generation=True,
)
INGRESS_CLASS = Strategy(default=default_ingress_class, tracks_generation=True)
INGRESS_STATUS = Strategy(
    prepare_update=keep_spec, warnings_update=ingress_status_warnings, reset_fields=frozenset({"spec"})
)
POLICY = Strategy(
    default=default_policy,
    warnings_create=policy_warnings,
    warnings_update=lambda obj, _old, ctx: policy_warnings(obj, ctx),
    tracks_generation=True,
)
ENDPOINTS = Strategy(
    default=default_endpoints,
    warnings_create=endpoints_warnings,
    warnings_update=lambda obj, _old, ctx: endpoints_warnings(obj, ctx),
    allow_create_on_update=True,
)
SLICE = Strategy(
    default=default_slice,
    prepare_create=_create_slice,
    prepare_update=_update_slice,
    warnings_create=create_slice_warnings,
    warnings_update=lambda obj, _old, ctx: slice_warnings(obj, ctx),
    tracks_generation=True,
    generation_of=_slice_generation,
)
SERVICE_CIDR = Strategy(prepare_create=drop_status, prepare_update=keep_status)
