"""Flags of secure serving."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class SecureServingOptions:
    """Where and with which certificate the server listens."""

    bind_address: str = field(
        default="127.0.0.1", metadata={"flag": "bind-address", "kind": "ip", "help": "Address to listen on."}
    )
    secure_port: int = field(
        default=6443,
        metadata={"flag": "secure-port", "kind": "int", "help": "Port to serve HTTPS on, 0 for a free one."},
    )
    cert_dir: str = field(
        default="",
        metadata={"flag": "cert-dir", "help": "Where certificates are made and kept; in --data-dir if unset."},
    )
    certificate_file: str = field(
        default="",
        metadata={"flag": "tls-cert-file", "help": "Serving certificate, with intermediates; made if unset."},
    )
    key_file: str = field(default="", metadata={"flag": "tls-private-key-file", "help": "Key of --tls-cert-file."})
    min_version: str = field(
        default="VersionTLS12",
        metadata={"flag": "tls-min-version", "help": "Oldest TLS version taken: VersionTLS12 or VersionTLS13."},
    )

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        if not 0 <= self.secure_port < 65536:
            problems.append(f"--secure-port: {self.secure_port} is not a port; use 0 to 65535")
        if bool(self.certificate_file) != bool(self.key_file):
            problems.append("--tls-cert-file and --tls-private-key-file go together; name both or neither")
        for flag, path in (("tls-cert-file", self.certificate_file), ("tls-private-key-file", self.key_file)):
            if path and not Path(path).is_file():
                problems.append(f"--{flag}: there is no file {path}")
        if self.min_version not in VERSIONS:
            problems.append(f"--tls-min-version: {self.min_version} is not one of {', '.join(VERSIONS)}")
        return problems


VERSIONS = {"VersionTLS12": ssl.TLSVersion.TLSv1_2, "VersionTLS13": ssl.TLSVersion.TLSv1_3}
