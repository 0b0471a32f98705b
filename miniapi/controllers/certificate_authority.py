"""Signs certificate requests with the server's CA, as far as a request may ask (certificates/authority)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

LIFETIME = timedelta(days=365)
SHORTEST = timedelta(minutes=10)
BACKDATE, SHORT = timedelta(minutes=5), timedelta(hours=8)
"""Certificates that live shorter than SHORT are not dated back."""

_KEY_USAGES = {
    "signing": "digital_signature",
    "digital signature": "digital_signature",
    "content commitment": "content_commitment",
    "key encipherment": "key_encipherment",
    "key agreement": "key_agreement",
    "data encipherment": "data_encipherment",
    "cert sign": "key_cert_sign",
    "crl sign": "crl_sign",
    "encipher only": "encipher_only",
    "decipher only": "decipher_only",
}
_PURPOSES = {"client auth": "CLIENT_AUTH", "server auth": "SERVER_AUTH"}


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """Read anew for each certificate: the server may renew it."""

    certificate: Path
    key: Path

    def sign(self, parsed: Any, usages: Sequence[str], expiration_seconds: int | None, now: datetime) -> bytes:
        """A certificate in PEM form for an x509.CertificateSigningRequest. OSError where the CA cannot be read."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.x509.oid import ExtendedKeyUsageOID

        ca = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        key: Any = serialization.load_pem_private_key(self.key.read_bytes(), None)
        life = LIFETIME if expiration_seconds is None else timedelta(seconds=expiration_seconds)
        life = max(min(life, LIFETIME), SHORTEST)
        begins = now if life < SHORT else now - BACKDATE
        builder = (
            x509.CertificateBuilder()
            .subject_name(parsed.subject)
            .issuer_name(ca.subject)
            .public_key(parsed.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(min(begins + life, ca.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        )
        if key_usages := {_KEY_USAGES[u] for u in usages if u in _KEY_USAGES}:
            builder = builder.add_extension(_key_usage(key_usages), critical=True)
        purposes = [getattr(ExtendedKeyUsageOID, _PURPOSES[u]) for u in usages if u in _PURPOSES]
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        try:
            names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            builder = builder.add_extension(names.value, critical=names.critical)
        except x509.ExtensionNotFound:
            pass  # the request names nobody else
        signed: bytes = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return signed


def _key_usage(asked: set[str]) -> Any:
    from cryptography import x509

    return x509.KeyUsage(**{name: name in asked for name in dict.fromkeys(_KEY_USAGES.values())})
