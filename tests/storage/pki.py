"""Certificates for etcd members and their clients, made with openssl."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


def certificate(directory: Path, name: str, *arguments: str) -> tuple[str, str]:
    key, crt = directory / f"{name}.key", directory / f"{name}.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-keyout", key, "-out", crt, *arguments],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(key), str(crt)


@dataclass(frozen=True)
class Pki:
    """PEM files: an authority, a member on 127.0.0.1, a client."""

    ca: str
    server_key: str
    server_crt: str
    client_key: str
    client_crt: str

    @classmethod
    def made_in(cls, directory: Path) -> Pki:
        ca_key, ca = certificate(directory, "ca", "-addext", "basicConstraints=critical,CA:TRUE")
        signed = ("-CA", ca, "-CAkey", ca_key, "-addext", "basicConstraints=critical,CA:FALSE")
        server = certificate(directory, "server", *signed, "-addext", "subjectAltName=IP:127.0.0.1")
        return cls(ca, *server, *certificate(directory, "client", *signed))

    def server_flags(self) -> tuple[str, ...]:
        """What makes an etcd member speak TLS and ask its clients for a certificate."""
        files = ("--cert-file", self.server_crt, "--key-file", self.server_key, "--trusted-ca-file", self.ca)
        return (*files, "--client-cert-auth")
