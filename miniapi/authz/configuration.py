"""Which authorizers are asked, in order: what flags say, or the file of --authorization-config."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miniapi.authz.match_conditions import MatchConditions
from miniapi.client.config import ClientConfig, ConfigError, from_kubeconfig, in_cluster
from miniapi.meta import config_file
from miniapi.meta.duration import parse_duration

API_VERSIONS = ("apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1")
KIND = "AuthorizationConfiguration"
FILE_TYPES = ("AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook")
TYPES = ("AlwaysAllow", "AlwaysDeny", "ABAC", "Node", "RBAC", "Webhook")
REVIEW_VERSIONS = ("v1", "v1beta1")


class BadAuthorization(Exception):
    """One line that names the flag, what is wrong with its file, and the fix."""


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """One service that is asked."""

    client: ClientConfig
    version: str
    allowed_seconds: float
    denied_seconds: float
    deny_on_failure: bool = False
    conditions: MatchConditions | None = None


@dataclass(frozen=True, slots=True)
class ModeConfig:
    """One authorizer."""

    type: str
    webhook: WebhookConfig | None = None
    policy_file: str = ""


def webhook_client(flag: str, path: str) -> ClientConfig:
    """The service that a kubeconfig names. BadAuthorization where it cannot be used."""
    try:
        config = from_kubeconfig(path)
        config.check()
    except ConfigError as problem:
        raise BadAuthorization(f"--{flag}: {problem}") from None
    return config


def read_configuration(path: str) -> list[ModeConfig]:
    """The file's authorizers. BadAuthorization tells what is wrong."""

    def bad(why: str) -> BadAuthorization:
        return BadAuthorization(f"--authorization-config: {path}: {why}")

    try:
        document = config_file.read_configuration(Path(path), KIND, API_VERSIONS)
    except config_file.BadConfigFile as problem:
        raise bad(str(problem)) from None
    authorizers: Sequence[Mapping[str, Any]] = document.get("authorizers") or []
    if not authorizers:
        raise bad("authorizers: Required value: at least one authorization mode must be defined")
    configured: list[ModeConfig] = []
    for position, entry in enumerate(authorizers):
        where, kind = f"authorizers[{position}]", entry.get("type") or ""
        if kind not in FILE_TYPES:
            raise bad(f"{where}.type: {kind or 'none'} is not a type; use {', '.join(FILE_TYPES)}")
        if kind != "Webhook" and any(c.type == kind for c in configured):
            raise bad(f"{where}.type: {kind} is named twice; name it once")
        settings = entry.get("webhook") or {}
        configured.append(ModeConfig(kind, _webhook(settings, f"{where}.webhook", bad) if kind == "Webhook" else None))
    return configured


def _webhook(settings: Mapping[str, Any], where: str, bad: Callable[[str], BadAuthorization]) -> WebhookConfig:
    version = settings.get("subjectAccessReviewVersion") or ""
    if version not in REVIEW_VERSIONS:
        raise bad(f"{where}.subjectAccessReviewVersion: use {' or '.join(REVIEW_VERSIONS)}")
    policy = settings.get("failurePolicy") or ""
    if policy not in ("NoOpinion", "Deny"):
        raise bad(f"{where}.failurePolicy: use NoOpinion or Deny")
    connection = settings.get("connectionInfo") or {}
    try:
        if connection.get("type") == "InClusterConfig":
            client = in_cluster()
        elif connection.get("type") == "KubeConfigFile":
            client = from_kubeconfig(connection.get("kubeConfigFile") or "")
        else:
            raise bad(f"{where}.connectionInfo.type: use KubeConfigFile or InClusterConfig")
        client.check()
        allowed = parse_duration(settings.get("authorizedTTL") or "5m")
        denied = parse_duration(settings.get("unauthorizedTTL") or "30s")
        conditions = MatchConditions([c.get("expression") or "" for c in settings.get("matchConditions") or ()])
    except (ConfigError, ValueError) as problem:
        raise bad(f"{where}: {problem}") from None
    return WebhookConfig(client, version, allowed, denied, policy == "Deny", conditions)
