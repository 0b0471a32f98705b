"""What a Service is given: families, cluster IPs and node ports, chosen among what is not used.

Pure: who calls knows what is used and records what was taken (registry/core/service/storage/alloc.go,
ipallocator, portallocator). Families are initialized and addresses allocated before validation.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from miniapi.errors import Cause
from miniapi.meta.network import Network, is_ipv6, parse_cidr, parse_ip
from miniapi.meta.service_types import NONE, is_headless, needs_cluster_ip, needs_health_check, needs_node_port

DEFAULT_RANGE = "10.96.0.0/16"
NODE_PORTS = range(30000, 32768)
FULL = "range is full"
_TAKEN_IP = "provided IP is already allocated"
_TAKEN_PORT = "provided port is already allocated"
_MIN_BAND, _MAX_BAND, _BAND_SHARE = 16, 256, 16

Choose = Callable[[int], int]
"""A random number in [0, n)."""
Networks = Mapping[str, Network]
"""The cluster's ranges by family, the default family first."""


def _invalid(path: str, value: Any, why: str) -> Cause:
    shown = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Cause("FieldValueInvalid", f"Invalid value: {shown}: {why}", path)


def not_allocated(wanted: list[str], asked: str, why: str) -> Cause:
    """The complaint about an address, one of `wanted`, that a service cannot have; `asked` is empty for any."""
    return _invalid("spec.clusterIPs", wanted or [""], f"failed to allocate IP{asked and ' ' + asked}: {why}")


def networks(ranges: str) -> dict[str, Network]:
    """`10.96.0.0/16,fd00::/112` (--service-cluster-ip-range). ValueError for what is no CIDR."""
    found: dict[str, Network] = {}
    for text in ranges.split(","):
        network = parse_cidr(text.strip())
        if network is None:
            raise ValueError(f"invalid CIDR address: {text}")
        found["IPv6" if network.version == 6 else "IPv4"] = network
    return found


class RangeFull(Exception):
    """No address or port is left; answered as an internal error."""


@dataclass(slots=True)
class Allocation:
    """What one write took and gave back; `errors` where it may not go on."""

    ips: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    released_ips: list[str] = field(default_factory=list)
    released_ports: list[int] = field(default_factory=list)
    errors: list[Cause] = field(default_factory=list)


# --- families ---


def _keeps_prefer_dual_stack(new: dict[str, Any], old: dict[str, Any]) -> bool:
    if new.get("ipFamilyPolicy") != "PreferDualStack" or old.get("ipFamilyPolicy") != "PreferDualStack":
        return False
    if new.get("type") != old.get("type"):
        return False
    same = all((new.get(n) or []) == (old.get(n) or []) for n in ("clusterIPs", "ipFamilies"))
    return same and (new.get("clusterIP") or "") == (old.get("clusterIP") or "")


def _reduced(new: dict[str, Any], old: dict[str, Any], name: str) -> bool:
    now, before = new.get(name) or [], old.get(name) or []
    return bool(now) and now == before[: len(now)] and len(now) < len(before)


def _fit_policy(new: dict[str, Any], old: dict[str, Any] | None) -> list[Cause]:
    """The policy against the number of addresses and families, trimmed where single stack is asked for."""
    errors: list[Cause] = []
    policy, path = new["ipFamilyPolicy"], "spec.ipFamilyPolicy"
    parts = (("clusterIPs", "cluster IP"), ("ipFamilies", "IP family"))
    if old is not None:
        for name, what in parts:
            if policy == "SingleStack":
                if (new.get(name) or []) == (old.get(name) or []) and len(new.get(name) or ()) > 1:
                    new[name] = new[name][:1]
            elif _reduced(new, old, name):
                errors.append(_invalid(path, policy, f"must be 'SingleStack' to release the secondary {what}"))
    if policy == "SingleStack":
        for name, what in (("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")):
            if len(new.get(name) or ()) == 2:
                why = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
                errors.append(_invalid(path, policy, why))
    return errors


def _infer(spec: dict[str, Any], ranges: Networks) -> list[Cause]:
    errors: list[Cause] = []
    ips, families = spec.get("clusterIPs") or [], list(spec.get("ipFamilies") or ())
    for i, ip in enumerate(ips):
        if ip == NONE:
            break
        if i >= len(families):
            family = "IPv6" if is_ipv6(ip) else "IPv4"
            if family in ranges:
                families.append(family)
            else:
                errors.append(_invalid(f"spec.clusterIPs[{i}]", ips, f"{family} is not configured on this cluster"))
    if families:
        spec["ipFamilies"] = families
    return errors


def init_families(
    new: dict[str, Any], old: dict[str, Any] | None, ranges: Networks, check: Callable[[dict[str, Any]], list[Cause]]
) -> list[Cause]:
    """initIPFamilyFields: ipFamilyPolicy and ipFamilies from what is given and what the cluster has; in place.

    `check`: what validation says of clusterIPs, ipFamilies and ipFamilyPolicy together.
    """
    if new.get("type") == "ExternalName" or (old is not None and _keeps_prefer_dual_stack(new, old)):
        return []
    headless_alone = new.get("clusterIP") == NONE and not new.get("selector")
    if new.get("ipFamilyPolicy") is None:
        inherited = (old or {}).get("ipFamilyPolicy")
        new["ipFamilyPolicy"] = inherited or ("RequireDualStack" if headless_alone else "SingleStack")
    if errors := check(new):
        return errors
    if errors := _fit_policy(new, old) + _infer(new, ranges):
        return errors
    families, policy, first = new.get("ipFamilies") or [], new["ipFamilyPolicy"], next(iter(ranges))
    if not headless_alone:
        if policy == "RequireDualStack" and len(ranges) < 2:
            why = "this cluster is not configured for dual-stack services"
            errors.append(_invalid("spec.ipFamilyPolicy", policy, why))
        for i, family in enumerate(families):
            if family not in ranges:
                errors.append(_invalid(f"spec.ipFamilies[{i}]", family, "not configured on this cluster"))
        if errors:
            return errors
    families = list(families) or [first]
    if policy != "SingleStack" and len(families) == 1 and (headless_alone or len(ranges) == 2):
        families.append("IPv6" if families[0] == "IPv4" else "IPv4")
    new["ipFamilies"] = families
    return []


# --- addresses ---


def _hosts(network: Network) -> tuple[int, int]:
    """(first usable address as a number, how many): without the network's own, and IPv4's broadcast."""
    size = network.num_addresses
    spare = 2 if network.version == 4 else 1
    return int(network.network_address) + 1, max(size - spare, 0)


def pick_ip(network: Network, used: Collection[str], choose: Choose) -> str:
    """A free address, above the band that is kept for those who name theirs while there is room. RangeFull."""
    first, size = _hosts(network)
    band = 0 if size < _MIN_BAND else min(max(_MIN_BAND, size // _BAND_SHARE), _MAX_BAND)
    make = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
    for low, count in ((band, size - band), (0, band)):
        start = choose(count) if count else 0
        for step in range(min(count, 1 << 16)):
            address = str(make(first + low + (start + step) % count))
            if address not in used:
                return address
    raise RangeFull(FULL)


def ip_problem(text: str, network: Network, used: Collection[str]) -> str:
    """Why this address cannot be taken, empty when it can."""
    ip = parse_ip(text)
    if ip is None or ip not in network:
        return "the provided network does not match the current range"
    first, size = _hosts(network)
    if not 0 <= int(ip) - first < size:
        return "the provided IP is not in the valid range"
    return _TAKEN_IP if str(ip) in used else ""


def dry_ip_problem(text: str, network: Network) -> str:
    """As `ip_problem` for a dry run, which looks at the range alone."""
    ip = parse_ip(text)
    first, size = _hosts(network)
    if ip is not None and ip.version == network.version and 0 <= int(ip) - first < size:
        return ""
    return f"the provided IP ({text}) is not in the valid range. The range of valid IPs is {network}"


def allocate_ips(
    new: dict[str, Any],
    old: dict[str, Any] | None,
    ranges: Networks,
    used: Collection[str],
    choose: Choose,
    *,
    dry_run: bool = False,
) -> Allocation:
    """Fills clusterIP and clusterIPs for every family that has none; what is set and was not ours is claimed.

    A dry run finds no free address: it answers the network's own.
    """
    done = Allocation()
    old_ips = [ip for ip in (old or {}).get("clusterIPs") or () if ip != NONE]
    if not needs_cluster_ip(new) or is_headless(new):
        done.released_ips = old_ips
        return done
    wanted = list(new.get("clusterIPs") or ())
    families = new.get("ipFamilies") or []
    if old_ips and len(wanted) == len(old_ips):
        return done  # unchanged, or refused by validation
    ips: list[str] = []
    for i, family in enumerate(families):
        asked = wanted[i] if i < len(wanted) else ""
        if asked in old_ips:
            ips.append(asked)
            continue
        if asked:
            network = ranges[family]
            if problem := dry_ip_problem(asked, network) if dry_run else ip_problem(asked, network, used):
                done.errors.append(not_allocated(wanted, asked, problem))
                return done
            taken = asked
        elif dry_run:
            taken = str(ranges[family].network_address)
        else:
            taken = pick_ip(ranges[family], {*used, *ips}, choose)
        ips.append(taken)
        done.ips.append(taken)
    if ips:
        new["clusterIPs"], new["clusterIP"] = ips, ips[0]
    done.released_ips = [ip for ip in old_ips if ip not in ips]
    return done


# --- node ports ---

_FIRST_DRY_PORT = 32769


def pick_port(ports: range, used: Collection[int], choose: Choose) -> int:
    """A free port, above the static band while there is room. RangeFull."""
    size = len(ports)
    band = 0 if size < _MIN_BAND else min(max(_MIN_BAND, size // 32), 128)
    for low, count in ((band, size - band), (0, band)):
        start = choose(count) if count else 0
        for step in range(count):
            port = ports[low + (start + step) % count]
            if port not in used:
                return port
    raise RangeFull(FULL)


def port_problem(port: int, ports: range, used: Collection[int]) -> str:
    """Why this port cannot be taken, empty when it can."""
    if port not in ports:
        return f"provided port is not in the valid range. The range of valid ports is {ports.start}-{ports.stop - 1}"
    return _TAKEN_PORT if port in used else ""


def _ports_of(spec: dict[str, Any]) -> set[int]:
    found = {p["nodePort"] for p in spec.get("ports") or () if p.get("nodePort")}
    return found | ({spec["healthCheckNodePort"]} if spec.get("healthCheckNodePort") else set())


def _requested(ports: list[dict[str, Any]], number: int) -> int:
    return next((p["nodePort"] for p in ports if p.get("port") == number and p.get("nodePort")), 0)


class DryPorts:
    """What a dry run chooses instead of free ports: any that nobody has will do, and chosen ones count up."""

    def __init__(self) -> None:
        self._last = _FIRST_DRY_PORT - 1

    def pick(self, _ports: range, _used: Collection[int], _choose: Choose) -> int:
        """As `pick_port`."""
        self._last += 1
        return self._last

    def problem(self, port: int, _ports: range, used: Collection[int]) -> str:
        """As `port_problem`."""
        self._last = max(self._last, port) if self._last >= _FIRST_DRY_PORT else port
        return _TAKEN_PORT if port in used else ""


def allocate_ports(
    new: dict[str, Any],
    old: dict[str, Any] | None,
    ports: range,
    used: Collection[int],
    choose: Choose,
    *,
    dry_run: bool = False,
) -> Allocation:
    """Fills nodePort of every port that needs one, and the health check's; claims those that are given."""
    dry = DryPorts() if dry_run else None
    pick, problem_of = (dry.pick, dry.problem) if dry else (pick_port, port_problem)
    done = Allocation()
    mine = _ports_of(old or {})
    taken = set(used) - mine
    by_port: dict[int, int] = {}
    claim = new.get("type") in ("NodePort", "LoadBalancer")
    for i, port in enumerate((new.get("ports") or ()) if claim else ()):
        number, asked, path = port.get("port", 0), port.get("nodePort") or 0, f"spec.ports[{i}].nodePort"
        if not asked and not needs_node_port(new):
            continue
        shared = by_port.get(number, 0)
        wanted = asked or shared or _requested(new["ports"], number)
        if wanted and wanted != shared:
            if problem := problem_of(wanted, ports, taken):
                done.errors.append(_invalid(path, wanted, problem))
                return done
        elif not wanted:
            wanted = pick(ports, taken | mine, choose)
        taken.add(wanted)
        by_port.setdefault(number, wanted)
        port["nodePort"] = wanted
    if needs_health_check(new):
        check = new.get("healthCheckNodePort") or 0
        if not check:
            new["healthCheckNodePort"] = pick(ports, taken | mine, choose)
        elif check not in mine and (problem := problem_of(check, ports, taken)):
            raise RangeFull(f"failed to allocate requested HealthCheck NodePort {check}: {problem}")
    now = _ports_of(new) if claim else set()
    done.ports, done.released_ports = sorted(now - mine), sorted(mine - now)
    return done
