"""The server's own CA, serving certificate and admin client certificate, made at first start and reused."""

from __future__ import annotations

import ipaddress
import json
import os
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CA_DAYS, LEAF_DAYS, RENEW_DAYS = 3650, 365, 30


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths of the PEM files in a certificate directory."""

    directory: Path

    @property
    def ca(self) -> Path:
        """The CA's certificate."""
        return self.directory / "ca.crt"

    def pair(self, name: str) -> tuple[Path, Path]:
        """Certificate and key of `apiserver` or `admin`."""
        return self.directory / f"{name}.crt", self.directory / f"{name}.key"


def ensure(directory: Path, names: Sequence[str]) -> Certificates:
    """Makes what is missing, about to expire, or lacks a name. OSError where the directory cannot be written."""
    certificates = Certificates(directory)
    note = directory / "made.json"
    wanted = sorted(set(names))
    try:
        made = json.loads(note.read_text())
        if made["names"] == wanted and made["renew_after"] > time.time() and certificates.ca.exists():
            return certificates
    except (OSError, ValueError, KeyError):
        made = {}
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    _make(certificates, wanted)
    renew_after = time.time() + (LEAF_DAYS - RENEW_DAYS) * 86400
    note.write_text(json.dumps({"names": wanted, "renew_after": renew_after}))
    return certificates


def _make(certificates: Certificates, names: list[str]) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    ca_key_path = certificates.directory / "ca.key"
    if certificates.ca.exists() and ca_key_path.exists():
        ca_key: Any = serialization.load_pem_private_key(ca_key_path.read_bytes(), None)
        ca = x509.load_pem_x509_certificate(certificates.ca.read_bytes())
    else:
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _certificate("miniapi-ca", (), ca_key, None, ca_key, CA_DAYS, [])
        _write(certificates.ca, ca.public_bytes(serialization.Encoding.PEM))
        _write(ca_key_path, _pem(ca_key))
    for name, subject, organizations, usage, alternatives in (
        ("apiserver", "kube-apiserver", (), ExtendedKeyUsageOID.SERVER_AUTH, names),
        ("admin", "kubernetes-admin", ("system:masters",), ExtendedKeyUsageOID.CLIENT_AUTH, []),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(subject, organizations, key, ca, ca_key, LEAF_DAYS, alternatives, usage)
        certificate_path, key_path = certificates.pair(name)
        _write(certificate_path, made.public_bytes(serialization.Encoding.PEM))
        _write(key_path, _pem(key))


def _certificate(
    subject: str,
    organizations: Sequence[str],
    key: Any,
    issuer: Any,
    issuer_key: Any,
    days: int,
    names: list[str],
    usage: Any = None,
) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, o) for o in organizations]
    attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, subject))
    name = x509.Name(attributes)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer is not None else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_encipherment=False,
                key_cert_sign=issuer is None,
                crl_sign=issuer is None,
                content_commitment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is not None:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(n) for n in names]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _general_name(name: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def server_context(certificate: Path, key: Path, client_ca: Path | None) -> ssl.SSLContext:
    """TLS 1.2 and later, client certificates asked for, not required. OSError or ssl.SSLError where files are bad."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context
