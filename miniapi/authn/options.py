"""Flags of authentication."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class AuthenticationOptions:
    """Who may prove how who they are."""

    anonymous: bool = field(
        default=True,
        metadata={"flag": "anonymous-auth", "kind": "bool", "help": "Whether requests without a credential are system:anonymous."},
    )
    client_ca_file: str = field(
        default="",
        metadata={"flag": "client-ca-file", "help": "CA whose client certificates are believed; the server's own CA if unset."},
    )
    token_file: str = field(
        default="",
        metadata={"flag": "token-auth-file", "help": 'CSV of static tokens: token,user,uid,"group1,group2".'},
    )

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        for flag, path in (("client-ca-file", self.client_ca_file), ("token-auth-file", self.token_file)):
            if path and not Path(path).is_file():
                problems.append(f"--{flag}: there is no file {path}")
        return problems
