"""Cells of the core group's other kinds, services and networking among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from miniapi.kinds.printers.cells import (
    NONE,
    UNSET,
    Row,
    age,
    condition,
    joined,
    label_text,
    name,
    selector_text,
    since,
    some,
    spec,
    status,
)
from miniapi.meta.objects import Object


def config_map(obj: Object, now: datetime) -> Row:
    """printConfigMap."""
    return [name(obj), len(obj.get("data") or {}) + len(obj.get("binaryData") or {}), age(obj, now)]


def secret(obj: Object, now: datetime) -> Row:
    """printSecret."""
    return [name(obj), obj.get("type", ""), len(obj.get("data") or {}), age(obj, now)]


def namespace(obj: Object, now: datetime) -> Row:
    """printNamespace."""
    return [name(obj), status(obj).get("phase", ""), age(obj, now)]


def aged(obj: Object, now: datetime) -> Row:
    """Name and age (service accounts, device classes, ...)."""
    return [name(obj), age(obj, now)]


def created(obj: Object, _now: datetime) -> Row:
    """Name and creation time: kinds without a printer of their own."""
    return [name(obj), obj["metadata"].get("creationTimestamp")]


ROLE_PREFIX = "node-role.kubernetes.io/"


def node(obj: Object, now: datetime) -> Row:
    """printNode."""
    found, info = status(obj), status(obj).get("nodeInfo") or {}
    states = []
    ready = condition(obj, "Ready")
    if ready:
        states.append("Ready" if ready.get("status") == "True" else "NotReady")
    if not states:
        states.append("Unknown")
    if spec(obj).get("unschedulable"):
        states.append("SchedulingDisabled")
    roles = set()
    for label, value in (obj["metadata"].get("labels") or {}).items():
        if label.startswith(ROLE_PREFIX) and label != ROLE_PREFIX:
            roles.add(label.removeprefix(ROLE_PREFIX))
        elif label == "kubernetes.io/role" and value:
            roles.add(value)
    addresses = {a["type"]: a["address"] for a in reversed(found.get("addresses") or [])}
    return [
        name(obj),
        ",".join(states),
        ",".join(sorted(roles)) or NONE,
        age(obj, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info.get("osImage") or "<unknown>",
        info.get("kernelVersion") or "<unknown>",
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


def service(obj: Object, now: datetime) -> Row:
    """printService."""
    wanted = spec(obj)
    addresses = wanted.get("clusterIPs") or []
    ports = []
    for port in wanted.get("ports") or []:
        protocol = port.get("protocol", "TCP")
        if port.get("nodePort"):
            ports.append(f"{port['port']}:{port['nodePort']}/{protocol}")
        else:
            ports.append(f"{port['port']}/{protocol}")
    return [
        name(obj),
        wanted.get("type", ""),
        addresses[0] if addresses else wanted.get("clusterIP") or NONE,
        _external(obj),
        ",".join(ports) or NONE,
        age(obj, now),
        label_text(wanted.get("selector")),
    ]


def _external(obj: Object) -> str:
    wanted = spec(obj)
    externals = wanted.get("externalIPs") or []
    of_type = wanted.get("type")
    if of_type in ("ClusterIP", "NodePort"):
        return ",".join(externals) or NONE
    if of_type == "LoadBalancer":
        balanced = load_balancer(obj)
        found = [*([balanced] if balanced else []), *externals]
        return ",".join(found) or "<pending>"
    if of_type == "ExternalName":
        return str(wanted.get("externalName", ""))
    return "<unknown>"


def load_balancer(obj: Object) -> str:
    """Addresses and host names of status.loadBalancer."""
    entries = (status(obj).get("loadBalancer") or {}).get("ingress") or []
    return ",".join(sorted({e.get("ip") or e.get("hostname") or "" for e in entries} - {""}))


MAX_ENDPOINTS = 3


def endpoints(obj: Object, now: datetime) -> Row:
    """printEndpoints."""
    shown: list[str] = []
    for subset in obj.get("subsets") or []:
        addresses = subset.get("addresses") or []
        ports = subset.get("ports") or []
        if not ports:
            shown += [a["ip"] for a in addresses]
        for port in ports:
            shown += [
                f"[{a['ip']}]:{port['port']}" if ":" in a["ip"] else f"{a['ip']}:{port['port']}" for a in addresses
            ]
    return [name(obj), some(shown, MAX_ENDPOINTS) or NONE, age(obj, now)]


def endpoint_slice(obj: Object, now: datetime) -> Row:
    """printEndpointSlice."""
    ports = [str(p["port"]) if p.get("port") is not None else p.get("name", "*") for p in obj.get("ports") or []]
    addresses = [a for e in obj.get("endpoints") or [] for a in e.get("addresses") or []]
    return [
        name(obj),
        obj.get("addressType", ""),
        some(ports, MAX_ENDPOINTS) or UNSET,
        some(addresses, MAX_ENDPOINTS) or UNSET,
        age(obj, now),
    ]


def event(obj: Object, now: datetime) -> Row:
    """printEvent, for the core group's and events.k8s.io's form."""
    first = obj.get("firstTimestamp") or obj.get("deprecatedFirstTimestamp") or obj.get("eventTime")
    last = obj.get("lastTimestamp") or obj.get("deprecatedLastTimestamp")
    count = obj.get("count") or obj.get("deprecatedCount") or 0
    series = obj.get("series")
    first_seen = since(first, now)
    last_seen = since(last, now) if last else first_seen
    if series:
        last_seen = since(series.get("lastObservedTime"), now)
        count = series.get("count", 0)
    elif not count:
        count = 1
    regarding = obj.get("involvedObject") or obj.get("regarding") or {}
    target = regarding.get("kind", "").lower()
    if regarding.get("name"):
        target += "/" + regarding["name"]
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    shown = source.get("component") or obj.get("reportingComponent") or obj.get("reportingController") or ""
    host = source.get("host") or (obj.get("reportingInstance") if not source.get("component") else "")
    if host:
        shown += f", {host}"
    return [
        last_seen,
        obj.get("type", ""),
        obj.get("reason", ""),
        target,
        regarding.get("fieldPath", ""),
        shown,
        (obj.get("message") or obj.get("note") or "").strip(),
        first_seen,
        count,
        name(obj),
    ]


def resource_quota(obj: Object, now: datetime) -> Row:
    """printResourceQuota."""
    hard = status(obj).get("hard") or {}
    used = status(obj).get("used") or {}
    requests: list[str] = []
    limits: list[str] = []
    for resource in sorted(hard):
        entry = f"{resource}: {used.get(resource, '0')}/{hard[resource]}"
        (limits if resource.startswith("limits") else requests).append(entry)
    return [name(obj), ", ".join(requests), ", ".join(limits), age(obj, now)]


MAX_HOSTS = 3


def _hosts(rules: Sequence[dict[str, Any]]) -> str:
    """The first hosts; rules without one count among those that are left out."""
    hosts: list[str] = []
    for rule in rules:
        if len(hosts) == MAX_HOSTS:
            return f"{','.join(hosts)} + {len(rules) - MAX_HOSTS} more..."
        if rule.get("host"):
            hosts.append(rule["host"])
    return ",".join(hosts) or "*"


def ingress(obj: Object, now: datetime) -> Row:
    """printIngress."""
    wanted = spec(obj)
    return [
        name(obj),
        wanted.get("ingressClassName") or NONE,
        _hosts(wanted.get("rules") or []),
        load_balancer(obj),
        "80, 443" if wanted.get("tls") else "80",
        age(obj, now),
    ]


def ingress_class(obj: Object, now: datetime) -> Row:
    """printIngressClass."""
    parameters = spec(obj).get("parameters")
    shown = NONE
    if parameters:
        shown = parameters.get("kind", "")
        if parameters.get("apiGroup"):
            shown += "." + parameters["apiGroup"]
        shown += "/" + parameters.get("name", "")
    return [name(obj), spec(obj).get("controller", ""), shown, age(obj, now)]


def network_policy(obj: Object, now: datetime) -> Row:
    """printNetworkPolicy."""
    return [name(obj), selector_text(spec(obj).get("podSelector") or {}), age(obj, now)]


def service_cidr(obj: Object, now: datetime) -> Row:
    """printServiceCIDR."""
    return [name(obj), joined(spec(obj).get("cidrs") or []), age(obj, now)]


def ip_address(obj: Object, now: datetime) -> Row:
    """printIPAddress."""
    parent = spec(obj).get("parentRef")
    shown = NONE
    if parent:
        parts = [parent.get("resource", "")]
        if parent.get("group"):
            parts[0] = f"{parent.get('resource', '')}.{parent['group']}"
        if parent.get("namespace"):
            parts.append(parent["namespace"])
        parts.append(parent.get("name", ""))
        shown = "/".join([parts[0].lower(), *parts[1:]])
    return [name(obj), shown, age(obj, now)]


def component_status(obj: Object, _now: datetime) -> Row:
    """printComponentStatus."""
    healthy: dict[str, Any] = next((c for c in obj.get("conditions") or [] if c.get("type") == "Healthy"), {})
    shown = {"True": "Healthy", "False": "Unhealthy"}.get(healthy.get("status", ""), "Unknown")
    return [name(obj), shown, healthy.get("message", ""), healthy.get("error", "")]
