"""Flags of the connections to kubelets (logs, exec, port forwarding, nodes/proxy)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from miniapi.client.outbound import Trust
from miniapi.flag import flag

ADDRESS_TYPES = ("Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP")


class BadKubeletFiles(Exception):
    """One line that names the flag and what is wrong with its file."""


@dataclass
class KubeletOptions:
    """How nodes are found, and how both sides prove themselves."""

    certificate_authority: str = flag(
        "kubelet-certificate-authority", "CA of kubelets' serving certificates; they are not checked if unset."
    )
    client_certificate: str = flag("kubelet-client-certificate", "Certificate that this server shows to kubelets.")
    client_key: str = flag("kubelet-client-key", "Key of the client certificate for kubelets.")
    address_types: list[str] = flag(
        "kubelet-preferred-address-types",
        "Which of a node's addresses are tried first.",
        "strings",
        list(ADDRESS_TYPES),
    )

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        if bool(self.client_certificate) != bool(self.client_key):
            problems.append("--kubelet-client-certificate and --kubelet-client-key: give both or none")
        problems += [
            f"--kubelet-preferred-address-types: there is no type {t}; choose from {', '.join(ADDRESS_TYPES)}"
            for t in self.address_types
            if t not in ADDRESS_TYPES
        ]
        return problems

    def trust(self) -> Trust:
        """For every call. BadKubeletFiles where a file cannot be used."""
        ca = self.certificate_authority
        try:
            pem = Path(ca).read_bytes() if ca else b""
            trust = Trust(pem, not ca, "", self.client_certificate, self.client_key)
            trust.context()
        except (OSError, ValueError) as problem:
            named = f"--kubelet-certificate-authority {ca}" if ca else "--kubelet-client-certificate"
            raise BadKubeletFiles(f"{named}: {problem}") from None
        return trust
