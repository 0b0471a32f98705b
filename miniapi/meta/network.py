"""IP addresses and CIDRs as text, read sloppily, as old clients wrote them.

Follows k8s.io/utils/net and apimachinery/pkg/util/validation/ip.go.
"""

from __future__ import annotations

import ipaddress
import json
import re

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_leading_zeros = re.compile(r"(?<![0-9a-fA-F:])0+(?=[0-9])")


def _show(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def parse_ip(text: str) -> Address | None:
    """netutils.ParseIPSloppy: leading zeros in IPv4 are dropped."""
    try:
        return ipaddress.ip_address(text if ":" in text else _leading_zeros.sub("", text)) if "%" not in text else None
    except ValueError:
        return None


def parse_cidr(text: str) -> Network | None:
    """netutils.ParseCIDRSloppy: the network, host bits ignored."""
    address, slash, length = text.partition("/")
    ip = parse_ip(address)
    if ip is None or not slash or not length.isascii() or not length.isdigit() or int(length) > ip.max_prefixlen:
        return None
    return ipaddress.ip_network((ip, int(length)), strict=False)


def canonical(ip: Address) -> str:
    """net.IP.String: an IPv4-mapped address is written as IPv4."""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)


def is_ipv6(text: str) -> bool:
    """netutils.IsIPv6String."""
    ip = parse_ip(text)
    return isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None


def ip_problem(ip: Address, text: str) -> str:
    """Why a strict reader refuses what the sloppy one took, empty when it does not."""
    if isinstance(ip, ipaddress.IPv4Address):
        return "" if str(ip) == text else "must not have leading 0s"
    return "must not be an IPv4-mapped IPv6 address" if ip.ipv4_mapped else ""


def ip_warnings(path: str, text: str) -> list[str]:
    """GetWarningsForIP: forms that will be refused one day."""
    ip = parse_ip(text)
    if ip is None:
        return []
    if ip_problem(ip, text):
        shown = _show(canonical(ip))
        return [f"{path}: non-standard IP address {_show(text)} is invalid: use {shown}"]
    if str(ip) != text:
        return [f"{path}: IPv6 address {_show(text)} should be in RFC 5952 canonical format ({_show(str(ip))})"]
    return []


def cidr_warnings(path: str, text: str) -> list[str]:
    """GetWarningsForCIDR."""
    network = parse_cidr(text)
    address, _, length = text.partition("/")
    ip = parse_ip(address)
    if network is None or ip is None:
        return []
    found: list[str] = []
    if ip != network.network_address:
        found.append(
            f"{path}: CIDR value {_show(text)} is ambiguous in this context "
            f'(should be {_show(str(network))} or "{ip}/{ip.max_prefixlen}"?)'
        )
    if ip_problem(ip, address) or length != str(int(length)):
        found.append(f"{path}: non-standard CIDR value {_show(text)} is invalid: use {_show(str(network))}")
    if not found and str(network) != text:
        return [f"{path}: IPv6 CIDR value {_show(text)} should be in RFC 5952 canonical format ({_show(str(network))})"]
    return found
