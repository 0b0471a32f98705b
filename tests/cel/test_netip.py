"""Texts that are no addresses, in the words of Go's netip."""

import pytest

from miniapi.cel.library.netip import complaint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "unable to parse IP"),
        ("%a", "missing IPv6 address"),
        ("01.2.3.4", "IPv4 field has octet with leading zero"),
        ("1.2.3.256", "IPv4 field has value >255"),
        ("1..2.3", 'IPv4 field must have at least one digit (at ".2.3")'),
        ("1.2.3.a", 'unexpected character (at "a")'),
        ("1.2.3", "IPv4 address too short"),
        ("1.2.3.4.5", "IPv4 address too long"),
        (":::", 'each colon-separated field must have at least one digit (at ":")'),
        ("fe80::zz", 'each colon-separated field must have at least one digit (at "zz")'),
        ("12345::", 'each group must have 4 or less digits (at "12345::")'),
        ("1::2::3", 'multiple :: in address (at ":3")'),
        ("1:2", "address string too short"),
        ("1:", 'colon must be followed by more characters (at ":")'),
        ("1:2:3:4:5:6:7:8:9", 'trailing garbage after address (at "9")'),
        ("1:2.3.4.5", 'embedded IPv4 address must replace the final 2 fields of the address (at "2.3.4.5")'),
        ("::1%", "zone must be a non-empty string"),
    ],
)
def test_what_is_no_address_is_told_as_netip_tells_it(text: str, told: str) -> None:
    assert complaint(text) == f'ParseAddr("{text}"): {told}'


@pytest.mark.parametrize("text", ["1.2.3.4", "::", "::1", "fe80::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "1::"])
def test_addresses_are_not_complained_of(text: str) -> None:
    assert complaint(text) == ""
