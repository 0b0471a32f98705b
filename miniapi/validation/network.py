"""IP addresses, CIDRs and what hangs on them (apimachinery/pkg/util/validation/ip.go, core ValidateNonSpecialIP).

Addresses that old clients may have stored with leading zeros are read sloppily, as the original does.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection

from miniapi.validation import field
from miniapi.validation.field import ErrorList

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_BAD_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_BAD_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_leading_zeros = re.compile(r"(?<![0-9a-fA-F:])0+(?=[0-9])")


def checked(path: str, value: str, check: Callable[[str], list[str]]) -> ErrorList:
    """One Invalid at `path` per complaint of `check`."""
    return [field.invalid(path, value, message) for message in check(value)]


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


def _ip_problem(ip: Address, text: str) -> str:
    if isinstance(ip, ipaddress.IPv4Address):
        return "" if str(ip) == text else "must not have leading 0s"
    return "must not be an IPv4-mapped IPv6 address" if ip.ipv4_mapped else ""


def valid_ip(path: str, text: str) -> ErrorList:
    """IsValidIP: well formed and written canonically."""
    ip = parse_ip(text)
    if ip is None:
        return [field.invalid(path, text, _BAD_IP)]
    problem = _ip_problem(ip, text)
    if not problem and str(ip) != text:
        problem = f"must be in canonical form ({field.show(str(ip))})"
    return [field.invalid(path, text, problem)] if problem else []


def valid_cidr(path: str, text: str) -> ErrorList:
    """IsValidCIDR: well formed, without host bits, written canonically."""
    network = parse_cidr(text)
    if network is None:
        return [field.invalid(path, text, _BAD_CIDR)]
    address, _, length = text.partition("/")
    ip = parse_ip(address)
    problem = ""
    if isinstance(ip, ipaddress.IPv4Address) and str(ip) != address:
        problem = "must not have leading 0s in IP"
    elif length != str(int(length)):
        problem = "must not have leading 0s in prefix length"
    elif isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        problem = "must not have an IPv4-mapped IPv6 address"
    elif ip != network.network_address:
        problem = "must not have bits set beyond the prefix length"
    elif str(network) != text:
        problem = f"must be in canonical form ({field.show(str(network))})"
    return [field.invalid(path, text, problem)] if problem else []


def legacy_ip(path: str, text: str, known: Collection[str] = ()) -> ErrorList:
    """IsValidIPForLegacyField: sloppy forms pass, and whatever the old object held."""
    return [] if text in known or parse_ip(text) else [field.invalid(path, text, _BAD_IP)]


def legacy_cidr(path: str, text: str, known: Collection[str] = ()) -> ErrorList:
    """IsValidCIDRForLegacyField."""
    return [] if text in known or parse_cidr(text) else [field.invalid(path, text, _BAD_CIDR)]


def non_special_ip(text: str, path: str) -> ErrorList:
    """ValidateNonSpecialIP: not unspecified, loopback or link-local."""
    ip = parse_ip(text)
    if ip is None:
        return [field.invalid(path, text, "must be a valid IP address")]
    problems = []
    if ip.is_unspecified:
        problems.append(f"may not be unspecified ({text})")
    if ip.is_loopback:
        problems.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if ip.is_link_local:
        problems.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if ip in _MULTICAST_4 or ip in _MULTICAST_6:
        problems.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    return [field.invalid(path, text, problem) for problem in problems]


_MULTICAST_4 = ipaddress.ip_network("224.0.0.0/24")
_MULTICAST_6 = ipaddress.ip_network("ff02::/16")


def ip_warnings(path: str, text: str) -> list[str]:
    """GetWarningsForIP: forms that will be refused one day."""
    ip = parse_ip(text)
    if ip is None:
        return []
    if _ip_problem(ip, text):
        shown = field.show(canonical(ip))
        return [
            f"{path}: non-standard IP address {field.show(text)} will be considered invalid "
            f"in a future Kubernetes release: use {shown}"
        ]
    if str(ip) != text:
        return [
            f"{path}: IPv6 address {field.show(text)} should be in RFC 5952 canonical format ({field.show(str(ip))})"
        ]
    return []


def cidr_warnings(path: str, text: str) -> list[str]:
    """GetWarningsForCIDR."""
    network = parse_cidr(text)
    address, _, length = text.partition("/")
    ip = parse_ip(address)
    if network is None or ip is None:
        return []
    if _ip_problem(ip, address) or length != str(int(length)):
        return [
            f"{path}: non-standard CIDR value {field.show(text)} will be considered invalid "
            f"in a future Kubernetes release: use {field.show(str(network))}"
        ]
    if ip != network.network_address:
        return [
            f"{path}: CIDR value {field.show(text)} is ambiguous in this context "
            f'(should be {field.show(str(network))} or "{ip}/{ip.max_prefixlen}"?)'
        ]
    if str(network) != text:
        return [
            f"{path}: IPv6 CIDR value {field.show(text)} should be in RFC 5952 canonical format "
            f"({field.show(str(network))})"
        ]
    return []
