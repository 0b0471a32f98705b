"""Kubernetes' IP addresses and CIDRs (apiserver/pkg/cel/library/ip.go, cidr.go)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from miniapi.cel import types
from miniapi.cel.library.netip import complaint
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import BOOL, INT, STRING, Overload, Type, opaque

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
IP_TYPE, CIDR_TYPE = opaque("net.IP"), opaque("net.CIDR")


@dataclass(slots=True, frozen=True)
class Ip:
    """An address."""

    address: _Address
    cel_type: ClassVar[Type] = IP_TYPE

    def __str__(self) -> str:
        return str(self.address)


@dataclass(slots=True, frozen=True)
class Cidr:
    """An address and the length of its prefix."""

    address: _Address
    length: int
    cel_type: ClassVar[Type] = CIDR_TYPE

    @property
    def network(self) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        """The range."""
        return ipaddress.ip_network(f"{self.address}/{self.length}", strict=False)

    def __str__(self) -> str:
        return f"{self.address}/{self.length}"


def _address(text: str) -> _Address:
    if "%" in text:
        raise EvaluationError(f'IP address "{text}" with zone value is not allowed')
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        why = complaint(text)
        raise EvaluationError(f'IP Address "{text}" parse error during conversion from string: {why}') from None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        raise EvaluationError(f'IPv4-mapped IPv6 address "{text}" is not allowed')
    return found


def parse_ip(text: str) -> Ip:
    """ip(text)."""
    return Ip(_address(text))


def parse_cidr(text: str) -> Cidr:
    """cidr(text)."""
    start = "network address parse error during conversion from string: "
    before, slash, after = text.rpartition("/")
    if not slash:
        raise EvaluationError(f"{start}{start}netip.ParsePrefix(\"{text}\"): no '/'")
    try:
        address = ipaddress.ip_address(before)
    except ValueError:
        why = complaint(before)
        raise EvaluationError(f'{start}{start}netip.ParsePrefix("{text}"): {why}') from None
    if not after.isdigit() or (len(after) > 1 and after[0] == "0"):
        raise EvaluationError(f'{start}{start}netip.ParsePrefix("{text}"): bad bits after slash: "{after}"')
    if int(after) > address.max_prefixlen:
        raise EvaluationError(f'{start}{start}netip.ParsePrefix("{text}"): prefix length out of range')
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise EvaluationError(f"{start}IPv4-mapped IPv6 address is not allowed")
    return Cidr(address, int(after))


def _is(parse: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except EvaluationError:
            return False
        return True

    return check


def _contains_ip(cidr: Cidr, ip: Ip | str) -> bool:
    address = ip.address if isinstance(ip, Ip) else _address(ip)
    return address.version == cidr.address.version and address in cidr.network


def _contains_cidr(cidr: Cidr, other: Cidr | str) -> bool:
    inner = other if isinstance(other, Cidr) else parse_cidr(other)
    if inner.address.version != cidr.address.version or inner.length < cidr.length:
        return False
    return inner.address in cidr.network


def _canonical(text: str) -> bool:
    return str(_address(text)) == text


def _family(address: _Address) -> int:
    return address.version


def _of(params: tuple[Type, ...], result: Type, run: Callable[..., Any], cost: str = "target") -> Overload:
    return Overload(params, result, run, cost=cost)


def _method(params: tuple[Type, ...], result: Type, run: Callable[..., Any], cost: str = "") -> Overload:
    return Overload(params, result, run, method=True, cost=cost)


def _masked(cidr: Cidr) -> Cidr:
    return Cidr(cidr.network.network_address, cidr.length)


FUNCTIONS: types.Functions = {
    "isIP": (_of((STRING,), BOOL, _is(parse_ip)),),
    "ip": (_of((STRING,), IP_TYPE, parse_ip), _method((CIDR_TYPE,), IP_TYPE, lambda c: Ip(c.address))),
    "ip.isCanonical": (_of((STRING,), BOOL, _canonical),),
    "family": (_method((IP_TYPE,), INT, lambda i: _family(i.address)),),
    "isUnspecified": (_method((IP_TYPE,), BOOL, lambda i: i.address.is_unspecified),),
    "isLoopback": (_method((IP_TYPE,), BOOL, lambda i: i.address.is_loopback),),
    "isLinkLocalMulticast": (
        _method(
            (IP_TYPE,),
            BOOL,
            lambda i: i.address in ipaddress.ip_network("224.0.0.0/24" if i.address.version == 4 else "ff02::/16"),
        ),
    ),
    "isLinkLocalUnicast": (_method((IP_TYPE,), BOOL, lambda i: i.address.is_link_local),),
    "isGlobalUnicast": (
        _method(
            (IP_TYPE,),
            BOOL,
            lambda i: (
                not (
                    i.address.is_unspecified
                    or i.address.is_loopback
                    or i.address.is_multicast
                    or i.address.is_link_local
                )
                and str(i.address) != "255.255.255.255"
            ),
        ),
    ),
    "isCIDR": (_of((STRING,), BOOL, _is(parse_cidr)),),
    "cidr": (_of((STRING,), CIDR_TYPE, parse_cidr),),
    "containsIP": (
        _method((CIDR_TYPE, STRING), BOOL, _contains_ip),
        _method((CIDR_TYPE, IP_TYPE), BOOL, _contains_ip),
    ),
    "containsCIDR": (
        _method((CIDR_TYPE, STRING), BOOL, _contains_cidr),
        _method((CIDR_TYPE, CIDR_TYPE), BOOL, _contains_cidr),
    ),
    "prefixLength": (_method((CIDR_TYPE,), INT, lambda c: c.length),),
    "masked": (_method((CIDR_TYPE,), CIDR_TYPE, _masked),),
    "string": (_of((IP_TYPE,), STRING, str), _of((CIDR_TYPE,), STRING, str)),
}
