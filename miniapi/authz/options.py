"""Flags of authorization."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from miniapi.authz.configuration import (
    REVIEW_VERSIONS,
    TYPES,
    ModeConfig,
    WebhookConfig,
    read_configuration,
    webhook_client,
)
from miniapi.flag import flag

ALWAYS_ALLOWED = ["/healthz", "/readyz", "/livez"]
DEFAULT_MODES = ["Node", "RBAC"]
UNSET = (DEFAULT_MODES, ["AlwaysAllow"])
"""The modes where nobody names any, here and under the name kube-apiserver."""


@dataclass
class AuthorizationOptions:
    """Which modes are asked, in order."""

    modes: list[str] = flag("authorization-mode", f"Modes in order: {', '.join(TYPES)}.", "strings", DEFAULT_MODES)
    always_allow_paths: list[str] = flag(
        "authorization-always-allow-paths",
        "Paths that anybody may read; one that ends in * stands for all below it.",
        "strings",
        ALWAYS_ALLOWED,
    )
    config_file: str = flag("authorization-config", "AuthorizationConfiguration, instead of the other flags.")
    policy_file: str = flag("authorization-policy-file", "Policies of the mode ABAC, one JSON object a line.")
    webhook_config_file: str = flag(
        "authorization-webhook-config-file", "Kubeconfig of the service that the mode Webhook asks."
    )
    webhook_version: str = flag(
        "authorization-webhook-version", "Version of the reviews it is asked by.", default="v1beta1"
    )
    webhook_allowed_seconds: float = flag(
        "authorization-webhook-cache-authorized-ttl", "How long it is not asked again after a yes.", "duration", 300.0
    )
    webhook_denied_seconds: float = flag(
        "authorization-webhook-cache-unauthorized-ttl", "How long after a no.", "duration", 30.0
    )

    def allows_everything(self) -> bool:
        """Whether the mode AlwaysAllow is among those that are asked."""
        return not self.config_file and "AlwaysAllow" in self.modes

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = [
            f"--authorization-always-allow-paths: {path} is not a path; begin it with /"
            for path in self.always_allow_paths
            if not path.startswith("/")
        ]
        if self.config_file:
            if self.modes not in UNSET or self.webhook_config_file:
                problems.append(
                    "--authorization-config: it stands instead of --authorization-mode and "
                    "--authorization-webhook-*; leave those out"
                )
            return problems + self._files()
        if not self.modes:
            problems.append(f"--authorization-mode: at least one mode must be named; use {', '.join(TYPES)}")
        for mode in dict.fromkeys(self.modes):
            if mode not in TYPES:
                problems.append(f"--authorization-mode: {mode} is not a mode; use {', '.join(TYPES)}")
            if self.modes.count(mode) > 1:
                problems.append(f"--authorization-mode: {mode} is named twice; name it once")
        return problems + self._files() + self._needed()

    def _files(self) -> list[str]:
        named = [
            ("authorization-config", self.config_file),
            ("authorization-policy-file", self.policy_file),
            ("authorization-webhook-config-file", self.webhook_config_file),
        ]
        return [f"--{name}: there is no file {path}" for name, path in named if path and not Path(path).is_file()]

    def _needed(self) -> list[str]:
        problems = []
        for mode, name, path in (
            ("ABAC", "authorization-policy-file", self.policy_file),
            ("Webhook", "authorization-webhook-config-file", self.webhook_config_file),
        ):
            if mode in self.modes and not path:
                problems.append(f"--authorization-mode: {mode} needs --{name}; add it")
            if path and mode not in self.modes:
                problems.append(f"--{name}: nobody reads it without {mode} in --authorization-mode; add it")
        if self.webhook_version not in REVIEW_VERSIONS:
            problems.append(f"--authorization-webhook-version: use {' or '.join(REVIEW_VERSIONS)}")
        return problems

    def configured(self) -> list[ModeConfig]:
        """The authorizers in their order. BadAuthorization where a file cannot be used."""
        if self.config_file:
            return read_configuration(self.config_file)
        return [self._mode(mode) for mode in self.modes]

    def _mode(self, mode: str) -> ModeConfig:
        if mode == "ABAC":
            return ModeConfig(mode, policy_file=self.policy_file)
        if mode != "Webhook":
            return ModeConfig(mode)
        client = webhook_client("authorization-webhook-config-file", self.webhook_config_file)
        settings = WebhookConfig(
            client, self.webhook_version, self.webhook_allowed_seconds, self.webhook_denied_seconds
        )
        return ModeConfig(mode, settings)
