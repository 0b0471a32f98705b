"""Bundles of authorities, in client-go's words."""

import pytest

from miniapi.meta.authorities import complaint


@pytest.mark.parametrize(
    ("bundle", "told"),
    [
        (b"hello", "unable to parse bytes as PEM block"),
        (b"-----BEGIN KEY-----\nYQ==\n-----END KEY-----\n", "no valid certificate authority data seen"),
        (b"-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n", "failed to parse certificate: "),
    ],
)
def test_what_is_no_bundle_is_told(bundle: bytes, told: str) -> None:
    assert complaint(bundle).startswith(f"unable to load root certificates: {told}")


def test_no_bundle_is_fine() -> None:
    assert complaint(b"") == ""
