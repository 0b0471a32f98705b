"""Ingresses, policies, endpoints and addresses: what is filled in for them."""

from __future__ import annotations

from typing import Any

from miniapi.meta.network import ip_warnings
from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import drop_status, keep_status

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
        if not port.get("protocol"):
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
    ports = obj.get("ports") or ()
    _tcp(list(ports))
    for port in ports:
        if port.get("name") is None:
            port["name"] = ""


def _slice_generation(obj: Object) -> object:
    return {k: v for k, v in obj.items() if k != "metadata"}, obj["metadata"].get("labels") or {}


def ingress_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """The old class annotation."""
    if _CLASS_ANNOTATION in (obj["metadata"].get("annotations") or {}):
        return [f"annotation \"{_CLASS_ANNOTATION}\" is deprecated, please use 'spec.ingressClassName' instead"]
    return []


def endpoints_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Addresses in odd forms."""
    return [
        warning
        for i, subset in enumerate(obj.get("subsets") or ())
        for name in ("addresses", "notReadyAddresses")
        for j, address in enumerate(subset.get(name) or ())
        for warning in ip_warnings(f"subsets[{i}].{name}[{j}].ip", address.get("ip") or "")
    ]


def slice_warnings(obj: Object, _ctx: WriteContext) -> list[str]:
    """Addresses in odd forms."""
    if obj.get("addressType") == "FQDN":
        return []
    return [
        warning
        for i, endpoint in enumerate(obj.get("endpoints") or ())
        for j, address in enumerate(endpoint.get("addresses") or ())
        for warning in ip_warnings(f"endpoints[{i}].addresses[{j}]", address)
    ]


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
POLICY = Strategy(default=default_policy, tracks_generation=True)
ENDPOINTS = Strategy(default=default_endpoints, warnings_create=endpoints_warnings, allow_create_on_update=True)
SLICE = Strategy(
    default=default_slice,
    warnings_create=slice_warnings,
    tracks_generation=True,
    generation_of=_slice_generation,
)
SERVICE_CIDR = Strategy(prepare_create=drop_status, prepare_update=keep_status)
