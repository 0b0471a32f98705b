"""Services and their load balancer status (core ValidateService)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import names
from miniapi.meta.network import is_ipv6, parse_ip
from miniapi.meta.objects import Object
from miniapi.meta.service_types import NONE, externally_accessible, is_headless, needs_health_check
from miniapi.validation import field
from miniapi.validation.endpoints import PROTOCOLS
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.metadata import label_map
from miniapi.validation.network import checked, legacy_cidr, legacy_ip, non_special_ip

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
FAMILIES = ("IPv4", "IPv6")
FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_HINTS, _MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"
_MAX_AFFINITY_SECONDS = 86400
_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'"
_ONCE = "may not change once set"


def _type(spec: dict[str, Any]) -> ErrorList:
    kind = spec.get("type")
    errors: ErrorList = []
    if not spec.get("ports") and not is_headless(spec) and kind != "ExternalName":
        errors.append(field.required("spec.ports"))
    if kind in ("LoadBalancer", "NodePort") and is_headless(spec):
        errors.append(field.invalid("spec.clusterIPs[0]", NONE, f"may not be set to 'None' for {kind} services"))
    if kind == "ExternalName":
        given = [name for name in ("clusterIPs", "ipFamilies") if spec.get(name)]
        given += ["ipFamilyPolicy"] if spec.get("ipFamilyPolicy") is not None else []
        errors += [field.forbidden(child("spec", name), "may not be set for ExternalName services") for name in given]
        target = (spec.get("externalName") or "").removesuffix(".")
        if target:
            errors += checked("spec.externalName", target, names.dns_subdomain)
        else:
            errors.append(field.required("spec.externalName"))
    return errors


def port_number_or_name(value: Any, path: str) -> ErrorList:
    """ValidatePortNumOrName."""
    check = names.port_name if isinstance(value, str) else names.port_number
    return [field.invalid(path, value, message) for message in check(value)]


def _port(port: dict[str, Any], named: bool, seen: set[str], path: str) -> ErrorList:
    name, number = port.get("name") or "", port.get("port") or 0
    errors: ErrorList = []
    if name:
        errors += checked(child(path, "name"), name, names.dns_label)
        if name in seen:
            errors.append(field.duplicate(child(path, "name"), name))
        seen.add(name)
    elif named:
        errors.append(field.required(child(path, "name")))
    errors += [field.invalid(child(path, "port"), number, m) for m in names.port_number(number)]
    errors += field.one_of(child(path, "protocol"), port.get("protocol"), PROTOCOLS)
    errors += port_number_or_name(port.get("targetPort", 0), child(path, "targetPort"))
    if (app := port.get("appProtocol")) is not None:
        errors += checked(child(path, "appProtocol"), app, names.qualified_name)
    return errors


def _affinity(spec: dict[str, Any]) -> ErrorList:
    affinity, config = spec.get("sessionAffinity"), spec.get("sessionAffinityConfig")
    errors = field.one_of("spec.sessionAffinity", affinity, ("ClientIP", "None"))
    path = "spec.sessionAffinityConfig"
    if affinity == "None" and config is not None:
        errors.append(field.forbidden(path, "must not be set when session affinity is None"))
    if affinity != "ClientIP":
        return errors
    if config is None:
        return [*errors, field.required(path, "when session affinity type is ClientIP")]
    if config.get("clientIP") is None:
        return [*errors, field.required(child(path, "clientIP"), "when session affinity type is ClientIP")]
    seconds, at = config["clientIP"].get("timeoutSeconds"), child(path, "clientIP", "timeoutSeconds")
    if seconds is None:
        errors.append(field.required(at, "when session affinity type is ClientIP"))
    elif not 0 < seconds <= _MAX_AFFINITY_SECONDS:
        why = f"must be greater than 0 and less than {_MAX_AFFINITY_SECONDS}"
        errors.append(field.invalid(at, seconds, why))
    return errors


def _sync(spec: dict[str, Any], ips: list[str]) -> ErrorList:
    first = spec.get("clusterIP") or ""
    if not first:
        why = "must be empty when `clusterIP` is not specified"
        return [field.invalid("spec.clusterIPs", ips, why)] if ips else []
    if not ips:
        return [field.required("spec.clusterIPs")]
    return [] if ips[0] == first else [field.invalid("spec.clusterIPs", ips, "first value must match `clusterIP`")]


def cluster_ips(spec: dict[str, Any], old: dict[str, Any] | None = None) -> ErrorList:
    """ValidateServiceClusterIPsRelatedFields: clusterIPs, ipFamilies and ipFamilyPolicy fit together."""
    if spec.get("type") == "ExternalName":
        return []
    ips, families, policy = spec.get("clusterIPs") or [], spec.get("ipFamilies") or [], spec.get("ipFamilyPolicy")
    errors, path = _sync(spec, ips), "spec.clusterIPs"
    for i, family in enumerate(families):
        at = index("spec.ipFamilies", i)
        if family not in FAMILIES:
            errors.append(field.not_supported(at, family, FAMILIES))
        if family in families[:i]:
            errors.append(field.duplicate(at, family))
    if policy is not None and policy not in FAMILY_POLICIES:
        errors.append(field.not_supported("spec.ipFamilyPolicy", policy, FAMILY_POLICIES))
    broken: ErrorList = []
    known = (old or {}).get("clusterIPs") or ()
    for i, ip in enumerate(ips):
        if i == 0 and ip == NONE:
            if len(ips) > 1:
                broken.append(field.invalid(path, ips, "'None' must be the first and only value"))
        else:
            broken += legacy_ip(index(path, i), ip, known)
    errors += broken
    if len(ips) > 2:
        errors.append(field.invalid(path, ips, "may only hold up to 2 values"))
    if broken:
        return errors
    if len(ips) > 1 and len({is_ipv6(ip) for ip in ips}) < 2:
        errors.append(field.invalid(path, ips, "may specify no more than one IP for each IP family"))
    if not is_headless(spec):
        for i, (ip, family) in enumerate(zip(ips, families, strict=False)):
            if family in FAMILIES and is_ipv6(ip) != (family == "IPv6"):
                why = f"expected an {family} value as indicated by `ipFamilies[{i}]`"
                errors.append(field.invalid(index(path, i), ip, why))
    return errors


def _node_ports(spec: dict[str, Any]) -> ErrorList:
    errors: ErrorList = []
    ports = [(index("spec.ports", i), p, p.get("protocol") or "") for i, p in enumerate(spec.get("ports") or ())]
    if spec.get("type") == "ClusterIP":
        why = "may not be used when `type` is 'ClusterIP'"
        errors += [field.forbidden(child(path, "nodePort"), why) for path, p, _ in ports if p.get("nodePort")]
    seen: set[tuple[str, int]] = set()
    for path, port, protocol in ports:
        if number := port.get("nodePort"):
            if (protocol, number) in seen:
                errors.append(field.duplicate(child(path, "nodePort"), number))
            seen.add((protocol, number))
    seen = set()
    for path, port, protocol in ports:
        number = port.get("port") or 0
        if (protocol, number) in seen:
            shown = {"Name": "", "Protocol": protocol, "AppProtocol": None, "Port": number, "TargetPort": 0}
            errors.append(field.duplicate(path, {**shown, "NodePort": 0}))
        seen.add((protocol, number))
    return errors


def _source_ranges(spec: dict[str, Any], annotations: dict[str, str], known: list[str]) -> ErrorList:
    balancer = spec.get("type") == "LoadBalancer"
    if ranges := spec.get("loadBalancerSourceRanges"):
        path = "spec.LoadBalancerSourceRanges"
        errors = [] if balancer else [field.forbidden(path, _BALANCER_ONLY)]
        return errors + [e for i, r in enumerate(ranges) for e in legacy_cidr(index(path, i), r.strip(), known)]
    if _SOURCE_RANGES in annotations:
        path, text = field.key("metadata.annotations", _SOURCE_RANGES), annotations[_SOURCE_RANGES].strip()
        errors = [] if balancer else [field.forbidden(path, _BALANCER_ONLY)]
        return errors + [e for r in (text.split(",") if text else ()) for e in legacy_cidr(path, r.strip())]
    return []


def _balancer_class(spec: dict[str, Any]) -> ErrorList:
    name = spec.get("loadBalancerClass")
    if name is None:
        return []
    if spec.get("type") != "LoadBalancer":
        return [field.forbidden("spec.loadBalancerClass", _BALANCER_ONLY)]
    return checked("spec.loadBalancerClass", name, names.qualified_name)


def _traffic(spec: dict[str, Any]) -> ErrorList:
    errors: ErrorList = []
    external, check_port = spec.get("externalTrafficPolicy"), spec.get("healthCheckNodePort") or 0
    if externally_accessible(spec):
        errors += field.one_of("spec.externalTrafficPolicy", external, ("Cluster", "Local"))
    elif external:
        why = "may only be set for externally-accessible services"
        errors.append(field.invalid("spec.externalTrafficPolicy", external, why))
    path = "spec.healthCheckNodePort"
    if not needs_health_check(spec):
        if check_port:
            why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
            errors.append(field.invalid(path, check_port, why))
    elif not check_port:
        errors.append(field.required(path))
    else:
        errors += [field.invalid(path, check_port, m) for m in names.port_number(check_port)]
    internal = spec.get("internalTrafficPolicy")
    if internal is None:
        if spec.get("type") in ("NodePort", "LoadBalancer", "ClusterIP"):
            errors.append(field.required("spec.internalTrafficPolicy"))
    elif internal not in ("Cluster", "Local"):
        errors.append(field.not_supported("spec.internalTrafficPolicy", internal, ("Cluster", "Local")))
    spread, allowed = spec.get("trafficDistribution"), ("PreferClose", "PreferSameZone", "PreferSameNode")
    if spread is not None and spread not in allowed:
        errors.append(field.not_supported("spec.trafficDistribution", spread, allowed))
    return errors


def _service(obj: Object, old: Object | None = None) -> ErrorList:
    spec, annotations = obj.get("spec") or {}, obj["metadata"].get("annotations") or {}
    old_spec = (old or {}).get("spec") or {}
    errors: ErrorList = []
    if _HINTS in annotations and annotations.get(_MODE, annotations[_HINTS]) != annotations[_HINTS]:
        why = f"must match annotations[{_HINTS}] when both are specified"
        errors.append(field.invalid(field.key("metadata.annotations", _MODE), annotations[_MODE], why))
    errors += _type(spec)
    ports, seen = spec.get("ports") or (), set[str]()
    for i, port in enumerate(ports):
        errors += _port(port, len(ports) > 1, seen, index("spec.ports", i))
    if spec.get("selector"):
        errors += label_map(spec["selector"], "spec.selector")
    errors += _affinity(spec)
    errors += cluster_ips(spec, old_spec)
    for i, ip in enumerate(spec.get("externalIPs") or ()):
        at = index("spec.externalIPs", i)
        errors += legacy_ip(at, ip, old_spec.get("externalIPs") or ()) or non_special_ip(ip, at)
    errors += field.one_of("spec.type", spec.get("type"), TYPES)
    errors += _node_ports(spec)
    errors += _source_ranges(spec, annotations, old_spec.get("loadBalancerSourceRanges") or [])
    if spec.get("allocateLoadBalancerNodePorts") is not None and spec.get("type") != "LoadBalancer":
        errors.append(field.forbidden("spec.allocateLoadBalancerNodePorts", _BALANCER_ONLY))
    if spec.get("allocateLoadBalancerNodePorts") is None and spec.get("type") == "LoadBalancer":
        errors.append(field.required("allocateLoadBalancerNodePorts"))
    return errors + _balancer_class(spec) + _traffic(spec)


def _changes(new: dict[str, Any], old: dict[str, Any], name: str, what: str) -> ErrorList:
    """validateUpgradeDowngradeClusterIPs and ...IPFamilies: the first value stays, the second may come and go."""
    now, before, path = new.get(name) or [], old.get(name) or [], child("spec", name)
    shown = now or None
    if len(now) == len(before):
        places = range(len(now)) if name == "clusterIPs" else [0] * len(now)
        return [
            field.invalid(index(path, i), shown, _ONCE) for i, a, b in zip(places, now, before, strict=True) if a != b
        ]
    errors: ErrorList = []
    if not now:
        errors.append(field.invalid(index(path, 0), shown, f"primary {what} can not be unset"))
    if now and before and now[0] != before[0]:
        errors.append(field.invalid(index(path, 0), new.get("clusterIPs") or None, _ONCE))
    if len(now) == 1 and len(before) == 2 and new.get("ipFamilyPolicy") != "SingleStack":
        why = f"must be set to 'SingleStack' when releasing the secondary {what}"
        errors.append(field.invalid("spec.ipFamilyPolicy", new.get("ipFamilyPolicy"), why))
    return errors


def create(obj: Object) -> ErrorList:
    """ValidateServiceCreate."""
    return _service(obj)


def update(obj: Object, old: Object) -> ErrorList:
    """What may not change, then all of it again."""
    new_spec, old_spec = obj.get("spec") or {}, old.get("spec") or {}
    errors: ErrorList = []
    if "ExternalName" not in (new_spec.get("type"), old_spec.get("type")):
        headless = is_headless(new_spec), is_headless(old_spec)
        if headless != (True, True):
            errors += _changes(new_spec, old_spec, "clusterIPs", "clusterIP")
        if headless == (False, False):
            errors += _changes(new_spec, old_spec, "ipFamilies", "ipFamily")
    both_balancers = new_spec.get("type") == old_spec.get("type") == "LoadBalancer"
    name = new_spec.get("loadBalancerClass")
    if both_balancers and name != old_spec.get("loadBalancerClass"):
        errors.append(field.invalid("spec.loadBalancerClass", name, _ONCE))
    errors += _balancer_class(new_spec)
    checks = needs_health_check(new_spec) and needs_health_check(old_spec)
    if checks and new_spec.get("healthCheckNodePort") != old_spec.get("healthCheckNodePort"):
        errors.append(field.forbidden("spec.healthCheckNodePort", field.IMMUTABLE))
    return errors + _service(obj, old)


def update_status(obj: Object, old: Object) -> ErrorList:
    """ValidateLoadBalancerStatus."""
    status = (obj.get("status") or {}).get("loadBalancer") or {}
    known = [i.get("ip") for i in ((old.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()]
    path, entries = "status.loadBalancer.ingress", status.get("ingress") or ()
    errors: ErrorList = []
    balancer = (obj.get("spec") or {}).get("type") == "LoadBalancer"
    if entries and not balancer and (old.get("status") or {}).get("loadBalancer") != status:
        return [field.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
    for i, entry in enumerate(entries):
        errors += _ingress(entry, index(path, i), [ip for ip in known if ip])
    return errors


def _ingress(entry: dict[str, Any], path: str, known: list[str]) -> ErrorList:
    errors: ErrorList = []
    ip, mode, host = entry.get("ip") or "", entry.get("ipMode"), entry.get("hostname") or ""
    if ip:
        errors += legacy_ip(child(path, "ip"), ip, known)
    if ip and mode is None:
        errors.append(field.required(child(path, "ipMode"), "must be specified when `ip` is set"))
    elif not ip and mode is not None:
        errors.append(field.forbidden(child(path, "ipMode"), "may not be specified when `ip` is not set"))
    elif mode is not None and mode not in ("Proxy", "VIP"):
        errors.append(field.not_supported(child(path, "ipMode"), mode, ("Proxy", "VIP")))
    if host:
        errors += checked(child(path, "hostname"), host, names.dns_subdomain)
        if parse_ip(host):
            errors.append(field.invalid(child(path, "hostname"), host, "must be a DNS name, not an IP address"))
    return errors


VALIDATION = Validation(create, update, names.name_is_dns_label)
STATUS = Validation(update=update_status)
