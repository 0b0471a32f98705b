"""Flags of authorization."""

from __future__ import annotations

from dataclasses import dataclass, field

from miniapi.authz.builtin import MODES

NOT_BUILT = ("ABAC", "Webhook")
ALWAYS_ALLOWED = ("/healthz", "/readyz", "/livez")


@dataclass
class AuthorizationOptions:
    """Which modes are asked, in order."""

    modes: list[str] = field(
        default_factory=lambda: ["Node", "RBAC"],
        metadata={"flag": "authorization-mode", "kind": "strings", "help": f"Modes in order: {', '.join(MODES)}."},
    )
    always_allow_paths: list[str] = field(
        default_factory=lambda: list(ALWAYS_ALLOWED),
        metadata={
            "flag": "authorization-always-allow-paths",
            "kind": "strings",
            "help": "Paths that anybody may read; one that ends in * stands for all below it.",
        },
    )

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        if not self.modes:
            problems.append(f"--authorization-mode: at least one mode must be named; use {', '.join(MODES)}")
        for mode in dict.fromkeys(self.modes):
            if mode in NOT_BUILT:
                problems.append(f"--authorization-mode: {mode} is not built yet; use {', '.join(MODES)}")
            elif mode not in MODES:
                problems.append(f"--authorization-mode: {mode} is not a mode; use {', '.join(MODES)}")
            if self.modes.count(mode) > 1:
                problems.append(f"--authorization-mode: {mode} is named twice; name it once")
        problems += [
            f"--authorization-always-allow-paths: {path} is not a path; begin it with /"
            for path in self.always_allow_paths
            if not path.startswith("/")
        ]
        return problems
