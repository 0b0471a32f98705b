"""The keys of service account tokens: given by files, or made at first start and kept."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from miniapi.authn import jose


class ServiceAccountKeys:
    """Read when first used: a start that signs and verifies nothing does not pay for cryptography."""

    def __init__(self, signing_file: Path, verification_files: Sequence[Path] = ()) -> None:
        self._signing_file = signing_file
        self._verification_files = tuple(verification_files) or (signing_file,)

    @cached_property
    def signing(self) -> jose.PrivateKey:
        """ValueError or OSError where the file cannot be used."""
        return jose.read_private_key(self._signing_file.read_bytes())

    @cached_property
    def verification(self) -> tuple[jose.PublicKey, ...]:
        """All keys that tokens are verified with."""
        return tuple(k for file in self._verification_files for k in jose.read_public_keys(file.read_bytes()))


def ensure_signing_key(path: Path) -> Path:
    """Makes an EC P-256 key where there is no file yet. OSError where it cannot be written."""
    if path.exists():
        return path
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return path
