"""IP addresses, CIDRs and what hangs on them (apimachinery/pkg/util/validation/ip.go, core ValidateNonSpecialIP).

What an object already holds may be written as old clients wrote it, with leading zeros and the like.
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
    errors, ip = legacy_ip(path, text), parse_ip(text)
    if errors or str(ip) == text:
        return errors
    return [field.invalid(path, text, f"must be in canonical form ({field.show(str(ip))})")]


def valid_cidr(path: str, text: str) -> ErrorList:
    """IsValidCIDR: well formed, without host bits, written canonically."""
    errors, network = legacy_cidr(path, text), parse_cidr(text)
    if errors or str(network) == text:
        return errors
    return [field.invalid(path, text, f"must be in canonical form ({field.show(str(network))})")]


def legacy_ip(path: str, text: str, known: Collection[str] = ()) -> ErrorList:
    """IsValidIPForLegacyField: unambiguous, if not canonical; whatever the old object held passes."""
    if text in known:
        return []
    ip = parse_ip(text)
    problem = _BAD_IP if ip is None else ip_problem(ip, text)
    return [field.invalid(path, text, problem)] if problem else []


def legacy_cidr(path: str, text: str, known: Collection[str] = ()) -> ErrorList:
    """IsValidCIDRForLegacyField: without host bits and unambiguous; whatever the old object held passes."""
    if text in known:
        return []
    network, (address, _, length) = parse_cidr(text), text.partition("/")
    ip = parse_ip(address)
    problem = ""
    if network is None:
        problem = _BAD_CIDR
    elif (isinstance(ip, ipaddress.IPv4Address) and str(ip) != address) or length != str(int(length)):
        problem = "must not have leading 0s in IP or prefix length"
    elif isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        problem = "must not have an IPv4-mapped IPv6 address"
    elif ip != network.network_address:
        problem = "must not have bits set beyond the prefix length"
    return [field.invalid(path, text, problem)] if problem else []


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
