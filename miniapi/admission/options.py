"""Flags of admission."""

from __future__ import annotations

from dataclasses import dataclass, field

KNOWN = ("NamespaceLifecycle",)


@dataclass
class AdmissionOptions:
    """Which plugins run besides, or instead of, the default ones."""

    enable: list[str] = field(
        default_factory=list,
        metadata={
            "flag": "enable-admission-plugins",
            "kind": "strings",
            "help": "Plugins to run besides the default ones.",
        },
    )
    disable: list[str] = field(
        default_factory=list,
        metadata={"flag": "disable-admission-plugins", "kind": "strings", "help": "Default plugins to leave out."},
    )

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        return [
            f"--{flag}: {name} is not built yet; miniapi has {', '.join(KNOWN)}"
            for flag, names in (("enable-admission-plugins", self.enable), ("disable-admission-plugins", self.disable))
            for name in names
            if name not in KNOWN
        ]
