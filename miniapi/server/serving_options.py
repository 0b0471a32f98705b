"""Flags of secure serving, and the listener and TLS that they describe."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from miniapi.client.config import ClientConfig
from miniapi.client.loopback import loopback_config
from miniapi.flag import flag
from miniapi.server.certificates import Certificates, ensure, serving_names
from miniapi.server.tls import VERSIONS as VERSIONS
from miniapi.server.tls import CertificateKey, ServerTls, TlsFiles, openssl_ciphers


class CannotServe(Exception):
    """One line that names the flag, what is wrong and the fix."""


@dataclass(frozen=True, slots=True)
class SecureServing:
    """What `SecureServingOptions.apply` has made."""

    listener: socket.socket
    """Bound, non-blocking, not yet listening."""
    certificates: Certificates | None
    """The server's own, whatever certificate it serves with; None where nobody needs them."""
    tls: ServerTls
    ca_file: Path
    """What clients must trust: the server's own CA, or the certificate that was given."""

    @property
    def bind_address(self) -> str:
        """The address listened on."""
        address: str = self.listener.getsockname()[0]
        return address

    @property
    def port(self) -> int:
        """The port taken."""
        port: int = self.listener.getsockname()[1]
        return port

    def loopback_client_config(self) -> ClientConfig:
        """How the server reaches itself, with a token that only this process knows."""
        address: str = self.listener.getsockname()[0]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
        named = f"[{host}]" if ":" in host else host
        return loopback_config(f"https://{named}:{self.port}", self.ca_file.read_bytes())


@dataclass
class SecureServingOptions:
    """Where and with which certificate the server listens."""

    bind_address: str = flag("bind-address", "Address to listen on.", "ip", "127.0.0.1")
    secure_port: int = flag("secure-port", "Port to serve HTTPS on, 0 for a free one.", "int", 6443)
    cert_dir: str = flag("cert-dir", "Where certificates are made and kept; in --data-dir if unset.")
    certificate_file: str = flag("tls-cert-file", "Serving certificate, with intermediates; made if unset.")
    key_file: str = flag("tls-private-key-file", "Key of --tls-cert-file.")
    sni_cert_key: list[str] = flag(
        "tls-sni-cert-key", "CERTIFICATE,KEY[:NAME,...] for these server names; repeat for more.", "stringArray", []
    )
    min_version: str = flag("tls-min-version", f"Oldest TLS taken: {', '.join(VERSIONS)}.", default="VersionTLS12")
    cipher_suites: list[str] = flag(
        "tls-cipher-suites", "Suites of TLS 1.2 by Go's names; OpenSSL's choice if unset.", "strings", []
    )
    permit_port_sharing: bool = flag("permit-port-sharing", "Several may bind the port.", "bool", False)
    permit_address_sharing: bool = flag("permit-address-sharing", "Bind though old connections linger.", "bool", True)

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        if not 0 <= self.secure_port < 65536:
            problems.append(f"--secure-port: {self.secure_port} is not a port; use 0 to 65535")
        if bool(self.certificate_file) != bool(self.key_file):
            problems.append("--tls-cert-file and --tls-private-key-file go together; name both or neither")
        files = [("tls-cert-file", self.certificate_file), ("tls-private-key-file", self.key_file)]
        for text in self.sni_cert_key:
            try:
                pair = read_sni(text)
            except ValueError as problem:
                problems.append(f"--tls-sni-cert-key: {problem}")
                continue
            files += [("tls-sni-cert-key", str(pair.certificate)), ("tls-sni-cert-key", str(pair.key))]
        problems += [f"--{name}: there is no file {path}" for name, path in files if path and not Path(path).is_file()]
        if self.min_version not in VERSIONS:
            problems.append(f"--tls-min-version: {self.min_version} is not served; use {' or '.join(VERSIONS)}")
        if self.cipher_suites:
            chosen, missing = openssl_ciphers(self.cipher_suites)
            problems += [f"--tls-cipher-suites: OpenSSL here does not have {n}; leave it out" for n in missing]
            if not chosen and not missing and self.min_version != "VersionTLS13":
                problems.append(
                    "--tls-cipher-suites: TLS 1.2 is left without a suite; add --tls-min-version=VersionTLS13"
                )
        return problems

    def apply(
        self,
        directory: Path,
        client_ca_files: Sequence[Path],
        *,
        addresses: Sequence[str] = (),
        needs_own: bool = True,
    ) -> SecureServing:
        """Takes the port, makes or reads the certificates. CannotServe tells in one line what is in the way.

        `addresses` are further names of the server: the advertised address, the external host name, the first
        service address. Client certificates of the server's own CA are believed beside `client_ca_files`. Where
        `needs_own` is False, own certificates are made only if there are no others to serve with.
        """
        listener = self.listen()
        try:
            own, served, trusted = self._certificates(directory, addresses, needs_own)
            tls = self._tls(served, (*client_ca_files, *([own.ca] if own else [])))
        except CannotServe:
            listener.close()
            raise
        return SecureServing(listener, own, tls, trusted)

    def listen(self) -> socket.socket:
        """A bound socket. CannotServe where the address or port cannot be had."""
        address, port = self.bind_address, self.secure_port
        is_v6 = ":" in address
        listener = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM)
        if self.permit_address_sharing:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.permit_port_sharing:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if is_v6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address == "::" else 1)
        try:
            listener.bind((address, port))
        except OSError as problem:
            listener.close()
            raise CannotServe(_bind_problem(address, port, problem)) from None
        listener.setblocking(False)
        return listener

    def _given(self, directory: Path) -> CertificateKey | None:
        """--tls-cert-file, or the pair that somebody else has put into --cert-dir, as the original takes it."""
        if self.certificate_file:
            return CertificateKey(Path(self.certificate_file), Path(self.key_file))
        there = Certificates(directory)
        pair = CertificateKey(*there.pair("apiserver"))
        foreign = pair.certificate.is_file() and pair.key.is_file() and not there.ca.is_file()
        return pair if foreign else None

    def _certificates(
        self, directory: Path, addresses: Sequence[str], needs_own: bool
    ) -> tuple[Certificates | None, CertificateKey, Path]:
        """-> (the server's own, what it serves with, what its clients must trust)."""
        given = self._given(directory)
        if given is None:
            own = self._own(directory, addresses)
            return own, CertificateKey(*own.pair("apiserver")), own.ca
        if not needs_own:
            return None, given, given.certificate
        apart = directory / "miniapi" if given.certificate.parent == directory else directory
        return self._own(apart, addresses), given, given.certificate

    def _own(self, directory: Path, addresses: Sequence[str]) -> Certificates:
        try:
            return ensure(directory, serving_names(self.bind_address, *addresses))
        except (OSError, ValueError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else str(problem)
            raise CannotServe(f"--cert-dir: {directory} cannot be used: {why}; name another directory") from None

    def _tls(self, default: CertificateKey, client_cas: Sequence[Path]) -> ServerTls:
        sni = tuple(read_sni(t) for t in self.sni_cert_key)
        ciphers, _ = openssl_ciphers(self.cipher_suites) if self.cipher_suites else ("", [])
        named = [
            ("tls-cert-file", default.certificate),
            ("tls-private-key-file", default.key),
            *(("tls-sni-cert-key", p) for pair in sni for p in (pair.certificate, pair.key)),
            *(("client-ca-file", p) for p in client_cas),
        ]
        for name, path in named:
            _check_readable(name, path)
        for name, pair in (("tls-cert-file", default), *(("tls-sni-cert-key", p) for p in sni)):
            _check_pair(name, pair)
        for path in client_cas:
            _check_ca(path)
        return ServerTls(TlsFiles(default, sni, tuple(client_cas), self.min_version, ciphers))


def read_sni(text: str) -> CertificateKey:
    """`CERTIFICATE,KEY[:NAME,...]`. ValueError in words for the flag."""
    files, _, names = text.partition(":")
    parts = [p.strip() for p in files.split(",")]
    if len(parts) != 2 or not all(parts):
        raise ValueError(f"{text} cannot be read; use CERTIFICATE,KEY or CERTIFICATE,KEY:NAME,NAME")
    return CertificateKey(Path(parts[0]), Path(parts[1]), tuple(n.strip() for n in names.split(",") if n.strip()))


def _bind_problem(address: str, port: int, problem: OSError) -> str:
    why = os.strerror(problem.errno) if problem.errno else str(problem)
    if problem.errno == errno.EADDRINUSE:
        fix = "stop what uses it, or choose another port (0 takes a free one)"
    elif problem.errno == errno.EACCES:
        fix = "choose a port above 1023"
    else:
        fix = "choose an address of this machine"
    return f"--bind-address, --secure-port: cannot listen on {address}:{port}: {why}; {fix}"


def _check_readable(name: str, path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as problem:
        raise CannotServe(f"--{name}: {path} cannot be read: {problem.strerror}") from None


def _check_pair(name: str, pair: CertificateKey) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair.certificate, pair.key)
    except (ssl.SSLError, OSError) as problem:
        why = getattr(problem, "reason", None) or "it is not a certificate with its key in PEM form"
        raise CannotServe(f"--{name}: {pair.certificate} with key {pair.key} cannot be used: {why}") from None


def _check_ca(path: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(path)
    except (ssl.SSLError, OSError) as problem:
        why = getattr(problem, "reason", None) or "it holds no certificate in PEM form"
        raise CannotServe(f"--client-ca-file: {path} cannot be used: {why}") from None
