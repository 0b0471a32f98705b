"""Families, addresses and ports of services: what is picked, claimed, given back and refused."""

from typing import Any

import pytest

from miniapi.strategies import service_ip
from miniapi.strategies.service_ip import allocate_ips, allocate_ports, init_families, networks, pick_ip

RANGES = networks("10.96.0.0/16")
BOTH = networks("10.96.0.0/16,fd00::/112")


def first(_count: int) -> int:
    return 0


def families(ranges: service_ip.Networks = RANGES, **spec: Any) -> tuple[Any, Any, list[str]]:
    spec = {"type": "ClusterIP", **spec}
    errors = init_families(spec, None, ranges, lambda _spec: [])
    return spec.get("ipFamilyPolicy"), spec.get("ipFamilies"), [f"{e.field}: {e.message}" for e in errors]


def test_families_follow_the_cluster_unless_asked_otherwise() -> None:
    assert families() == ("SingleStack", ["IPv4"], [])
    assert families(ipFamilyPolicy="PreferDualStack") == ("PreferDualStack", ["IPv4"], [])
    assert families(BOTH, ipFamilyPolicy="PreferDualStack") == ("PreferDualStack", ["IPv4", "IPv6"], [])
    assert families(clusterIP="None", clusterIPs=["None"]) == ("RequireDualStack", ["IPv4", "IPv6"], [])
    assert families(clusterIP="None", clusterIPs=["None"], selector={"a": "b"}) == ("SingleStack", ["IPv4"], [])


def test_what_the_cluster_does_not_have_is_refused() -> None:
    why = "this cluster is not configured for dual-stack services"
    assert families(ipFamilyPolicy="RequireDualStack")[2] == [
        f'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": {why}'
    ]
    assert families(ipFamilies=["IPv6"])[2] == [
        'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'
    ]


def test_addresses_are_picked_above_the_band_for_those_who_name_theirs() -> None:
    assert pick_ip(RANGES["IPv4"], set(), first) == "10.96.1.1"
    assert pick_ip(RANGES["IPv4"], {"10.96.1.1"}, first) == "10.96.1.2"


def test_a_full_range_says_so() -> None:
    small = networks("10.0.0.0/30")["IPv4"]
    with pytest.raises(service_ip.RangeFull, match="range is full"):
        pick_ip(small, {"10.0.0.1", "10.0.0.2"}, first)


@pytest.mark.parametrize(
    ("ip", "why"),
    [
        ("10.96.0.77", "provided IP is already allocated"),
        ("192.168.3.4", "the provided network does not match the current range"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused(ip: str, why: str) -> None:
    spec = {"type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip], "ipFamilies": ["IPv4"]}
    (error,) = allocate_ips(spec, None, RANGES, {"10.96.0.77"}, first).errors
    assert error.message == f'Invalid value: ["{ip}"]: failed to allocate IP {ip}: {why}'


def test_a_service_that_turns_external_gives_its_address_back() -> None:
    old = {"type": "ClusterIP", "clusterIPs": ["10.96.0.9"]}
    assert allocate_ips({"type": "ExternalName"}, old, RANGES, set(), first).released_ips == ["10.96.0.9"]


def test_node_ports_are_filled_claimed_and_given_back() -> None:
    spec: dict[str, Any] = {"type": "NodePort", "ports": [{"port": 80}, {"port": 81, "nodePort": 30042}]}
    done = allocate_ports(spec, None, service_ip.NODE_PORTS, set(), first)
    assert [p["nodePort"] for p in spec["ports"]] == done.ports[::-1]
    assert allocate_ports({"type": "ClusterIP"}, spec, service_ip.NODE_PORTS, set(), first).released_ports == done.ports


def test_a_node_port_taken_twice_is_refused_at_the_second() -> None:
    ports = [{"port": 80, "nodePort": 30042}, {"port": 81, "nodePort": 30042}]
    (error,) = allocate_ports({"type": "NodePort", "ports": ports}, None, service_ip.NODE_PORTS, set(), first).errors
    assert (error.field, error.message) == (
        "spec.ports[1].nodePort",
        "Invalid value: 30042: provided port is already allocated",
    )


def test_a_dry_run_takes_no_address_and_no_port() -> None:
    spec = {"type": "NodePort", "ipFamilies": ["IPv4"], "ports": [{"port": 1}, {"port": 2, "nodePort": 5}, {"port": 3}]}
    allocate_ips(spec, None, RANGES, {"10.96.0.0"}, first, dry_run=True)
    allocate_ports(spec, None, service_ip.NODE_PORTS, set(), first, dry_run=True)
    assert spec["clusterIP"] == "10.96.0.0"
    assert [port["nodePort"] for port in spec["ports"]] == [32769, 5, 32770]
    asked = {"type": "ClusterIP", "ipFamilies": ["IPv4"], "clusterIPs": ["1.2.3.4"]}
    (error,) = allocate_ips(asked, None, RANGES, set(), first, dry_run=True).errors
    assert error.message.endswith("is not in the valid range. The range of valid IPs is 10.96.0.0/16")
