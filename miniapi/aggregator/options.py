"""Flags of the aggregator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from miniapi.aggregator.remote import ProxyIdentity
from miniapi.flag import flag


@dataclass
class AggregatorOptions:
    """How aggregated API servers know this one."""

    certificate_file: str = flag("proxy-client-cert-file", "Client certificate shown to aggregated API servers.")
    key_file: str = flag("proxy-client-key-file", "Key of --proxy-client-cert-file.")

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        if bool(self.certificate_file) != bool(self.key_file):
            problems.append("--proxy-client-cert-file and --proxy-client-key-file go together; name both or neither")
        for name, path in (
            ("proxy-client-cert-file", self.certificate_file),
            ("proxy-client-key-file", self.key_file),
        ):
            if path and not Path(path).is_file():
                problems.append(f"--{name}: there is no file {path}")
        return problems

    def identity(self) -> ProxyIdentity:
        """What is shown."""
        return ProxyIdentity(self.certificate_file, self.key_file)
