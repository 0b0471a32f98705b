"""IP addresses, CIDRs and what hangs on them (apimachinery/pkg/util/validation/ip.go, core ValidateNonSpecialIP).

Addresses that old clients may have stored with leading zeros are read sloppily, as the original does.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection

from miniapi.meta.network import ip_problem, parse_cidr, parse_ip
from miniapi.validation import field
from miniapi.validation.field import ErrorList

_BAD_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_BAD_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def checked(path: str, value: str, check: Callable[[str], list[str]]) -> ErrorList:
    """One Invalid at `path` per complaint of `check`."""
    return [field.invalid(path, value, message) for message in check(value)]


def valid_ip(path: str, text: str) -> ErrorList:
    """IsValidIP: well formed and written canonically."""
    ip = parse_ip(text)
    if ip is None:
        return [field.invalid(path, text, _BAD_IP)]
    problem = ip_problem(ip, text)
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
