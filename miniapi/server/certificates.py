"""The server's own CA, serving certificate and admin client certificate, made at first start and reused."""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from miniapi.authn.der import CertificateFacts, read_pem
from miniapi.server.tls import server_context as server_context

CA_DAYS, LEAF_DAYS, RENEW_DAYS = 3650, 365, 30
BACKDATE = timedelta(minutes=5)
"""For clients whose clocks are behind."""
ALWAYS_NAMED = ("localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
_UNSPECIFIED = ("", "0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths of the PEM files in a certificate directory."""

    directory: Path

    @property
    def ca(self) -> Path:
        """The CA's certificate."""
        return self.directory / "ca.crt"

    @property
    def ca_key(self) -> Path:
        """The CA's key, which also signs CertificateSigningRequests."""
        return self.directory / "ca.key"

    def pair(self, name: str) -> tuple[Path, Path]:
        """Certificate and key of `apiserver` or `admin`."""
        return self.directory / f"{name}.crt", self.directory / f"{name}.key"


def serving_names(*addresses: str) -> list[str]:
    """Names and addresses that the serving certificate covers: the usual and those given, unspecified ones left out."""
    return list(dict.fromkeys((*ALWAYS_NAMED, *(a for a in addresses if a not in _UNSPECIFIED))))


def ensure(directory: Path, names: Sequence[str], clock: Callable[[], float] = time.time) -> Certificates:
    """Makes what is missing, about to expire, or lacks a name. OSError where the directory cannot be written.

    A CA that is still good signs what is made anew, so that clients who know it need not hear of it.
    """
    certificates = Certificates(directory)
    wanted = {_canonical(n) for n in names}
    renew_from = clock() + RENEW_DAYS * 86400
    ca = _facts(certificates.ca)
    if ca is not None and ca.not_after > renew_from:
        serving, admin = (_of_pair(certificates, name) for name in ("apiserver", "admin"))
        if serving is not None and admin is not None:
            lasting = min(serving.not_after, admin.not_after) > renew_from
            if lasting and wanted <= serving.alternative_names:
                return certificates
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    keep_ca = ca is not None and ca.not_after > renew_from and certificates.ca_key.is_file()
    _make(certificates, sorted(wanted), datetime.fromtimestamp(clock(), UTC), keep_ca=keep_ca)
    return certificates


def _facts(path: Path) -> CertificateFacts | None:
    """None where there is no certificate that can be read."""
    try:
        return read_pem(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _of_pair(certificates: Certificates, name: str) -> CertificateFacts | None:
    certificate, key = certificates.pair(name)
    return _facts(certificate) if key.is_file() else None


def _canonical(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def _make(certificates: Certificates, names: list[str], now: datetime, *, keep_ca: bool) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    ca_key: Any
    if keep_ca:
        ca_key = serialization.load_pem_private_key(certificates.ca_key.read_bytes(), None)
        ca = x509.load_pem_x509_certificate(certificates.ca.read_bytes())
    else:
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _Signer(None, ca_key, now).sign("miniapi-ca", (), ca_key, CA_DAYS)
        _write(certificates.ca_key, _pem(ca_key))
        _write(certificates.ca, ca.public_bytes(serialization.Encoding.PEM))
    signer = _Signer(ca, ca_key, now)
    for name, subject, organizations, usage, alternatives in (
        ("apiserver", "kube-apiserver", (), ExtendedKeyUsageOID.SERVER_AUTH, names),
        ("admin", "kubernetes-admin", ("system:masters",), ExtendedKeyUsageOID.CLIENT_AUTH, []),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        made = signer.sign(subject, organizations, key, LEAF_DAYS, alternatives, usage)
        certificate_path, key_path = certificates.pair(name)
        _write(key_path, _pem(key))
        _write(certificate_path, made.public_bytes(serialization.Encoding.PEM))


@dataclass(frozen=True, slots=True)
class _Signer:
    """Signs certificates; without an issuer, one that is its own."""

    issuer: Any
    key: Any
    now: datetime

    def sign(
        self,
        subject: str,
        organizations: Sequence[str],
        key: Any,
        days: int,
        names: Sequence[str] = (),
        usage: Any = None,
    ) -> Any:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.x509.oid import NameOID

        is_ca = self.issuer is None
        attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, o) for o in organizations]
        name = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name if is_ca else self.issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - BACKDATE)
            .not_valid_after(self.now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(_key_usage(is_ca=is_ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if not is_ca:
            authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
            builder = builder.add_extension(authority, critical=False)
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            alternatives = x509.SubjectAlternativeName([_general_name(n) for n in names])
            builder = builder.add_extension(alternatives, critical=False)
        return builder.sign(self.key, hashes.SHA256())


def _key_usage(*, is_ca: bool) -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    # SEC 1, "EC PRIVATE KEY": clients in Java take a key in PKCS #8 for one of RSA.
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return pem


def _write(path: Path, data: bytes) -> None:
    """All or nothing, for the owner's eyes."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    unfinished.replace(path)
