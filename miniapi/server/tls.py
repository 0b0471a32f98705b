"""The TLS side of serving: contexts from files, chosen by server name, read again when the files change."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from miniapi.authn.der import read_pem

log = logging.getLogger("miniapi.serving")

RELOAD_SECONDS = 10.0

VERSIONS = {"VersionTLS12": ssl.TLSVersion.TLSv1_2, "VersionTLS13": ssl.TLSVersion.TLSv1_3}
CIPHERS_OF_TLS13 = frozenset({"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
"""Always offered under TLS 1.3: neither Go nor OpenSSL's Python interface lets one choose among them."""


@dataclass(frozen=True, slots=True)
class CertificateKey:
    """A certificate with its key, and the server names that ask for it."""

    certificate: Path
    key: Path
    names: tuple[str, ...] = ()
    """`a.example` or `*.example`; those in the certificate where empty."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """All that a context is made of."""

    default: CertificateKey
    sni: tuple[CertificateKey, ...] = ()
    client_cas: tuple[Path, ...] = ()
    min_version: str = "VersionTLS12"
    ciphers: str = ""
    """OpenSSL's names joined by colons; its defaults where empty."""

    def paths(self) -> tuple[Path, ...]:
        """Every file named."""
        pairs = (self.default, *self.sni)
        return (*(p for pair in pairs for p in (pair.certificate, pair.key)), *self.client_cas)


def openssl_ciphers(go_names: Iterable[str]) -> tuple[str, list[str]]:
    """-> (OpenSSL's names joined by colons, the names that this OpenSSL does not have).

    Only suites of TLS 1.2 are named to OpenSSL; those of TLS 1.3 are accepted and always on.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    available = {str(c["name"]) for c in context.get_ciphers()}
    chosen, missing = [], []
    for name in go_names:
        if name in CIPHERS_OF_TLS13:
            continue
        translated = _openssl_name(name)
        if translated in available:
            chosen.append(translated)
        else:
            missing.append(name)
    return ":".join(chosen), missing


def _openssl_name(name: str) -> str:
    """`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` -> `ECDHE-RSA-AES128-GCM-SHA256`."""
    exchange, _, cipher = name.removeprefix("TLS_").partition("_WITH_")
    if cipher.startswith("CHACHA20_POLY1305"):
        cipher = "CHACHA20-POLY1305"
    else:
        cipher = cipher.replace("AES_128", "AES128").replace("AES_256", "AES256").replace("_CBC", "").replace("_", "-")
    return cipher if exchange == "RSA" else f"{exchange.replace('_', '-')}-{cipher}"


def server_context(
    certificate: Path, key: Path, client_ca: Path | None = None, min_version: str = "VersionTLS12", ciphers: str = ""
) -> ssl.SSLContext:
    """Client certificates are asked for where there is a CA, never required. OSError, ssl.SSLError for bad files."""
    cas = () if client_ca is None else (client_ca,)
    return _context(CertificateKey(certificate, key), cas, min_version, ciphers)


def _context(pair: CertificateKey, client_cas: Sequence[Path], min_version: str, ciphers: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[min_version]
    if ciphers:
        context.set_ciphers(ciphers)
    context.load_cert_chain(pair.certificate, pair.key)
    context.set_alpn_protocols(["http/1.1"])
    for ca in client_cas:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


class ServerTls:
    """`context` is what a listener takes; each handshake uses the newest certificates, chosen by server name."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._seen = _changed_at(files.paths())
        self._default, self._named = self._load()
        self.context = self._make(files.default)
        self.context.sni_callback = self._choose

    def reload_if_changed(self) -> bool:
        """Reads the files again when one has changed; keeps what it has where they cannot be used."""
        seen = _changed_at(self._files.paths())
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            self._default, self._named = self._load()
        except (OSError, ValueError) as problem:
            log.error("the changed certificate files cannot be used, the old ones still are: %s", problem)
            return False
        log.info("the certificate files have changed and were read again")
        return True

    async def watch(self, renew: Callable[[], object] | None = None, interval_seconds: float = RELOAD_SECONDS) -> None:
        """Looks after the files until cancelled; `renew` may make new ones before they expire."""
        while True:
            await asyncio.sleep(interval_seconds)
            if renew is not None:
                renew()
            self.reload_if_changed()

    def _load(self) -> tuple[ssl.SSLContext, dict[str, ssl.SSLContext]]:
        named: dict[str, ssl.SSLContext] = {}
        for pair in self._files.sni:
            context = self._make(pair)
            for name in pair.names or _names_in(pair.certificate):
                named.setdefault(name.lower(), context)
        return self._make(self._files.default), named

    def _make(self, pair: CertificateKey) -> ssl.SSLContext:
        return _context(pair, self._files.client_cas, self._files.min_version, self._files.ciphers)

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """The name itself, then `*` in the place of its first label, then the default."""
        del context
        chosen = None
        if name and self._named:
            lower = name.lower().rstrip(".")
            parent = lower.partition(".")[2]
            chosen = self._named.get(lower) or self._named.get(f"*.{parent}")
        connection.context = chosen or self._default


def _names_in(certificate: Path) -> list[str]:
    facts = read_pem(certificate.read_text())
    return [*facts.alternative_names, *([facts.common_name] if facts.common_name else [])]


def _changed_at(paths: Iterable[Path]) -> list[tuple[int, int]]:
    found = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            found.append((0, 0))
            continue
        found.append((status.st_mtime_ns, status.st_ino))
    return found
