"""The modes of --authorization-mode that ship (kubeapiserver/authorizer.Config.New)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from miniapi.authz.abac import Abac, BadPolicy, read_policies
from miniapi.authz.configuration import BadAuthorization, ModeConfig
from miniapi.authz.interface import Authorizer, RuleResolver
from miniapi.authz.modes import AlwaysAllow, AlwaysDeny, RuleResolvers, Union
from miniapi.authz.node import Graph, Node
from miniapi.authz.policy import PolicyIndex, Source
from miniapi.authz.rbac import Rbac
from miniapi.authz.rules import Rule
from miniapi.authz.webhook import Webhook
from miniapi.client.review_webhook import ReviewWebhook


class Mode(Authorizer, RuleResolver, Protocol):
    """What every mode can do."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the modes draw on: informers of the four RBAC kinds, what is known of nodes."""

    roles: Source
    role_bindings: Source
    cluster_roles: Source
    cluster_bindings: Source
    nodes: Graph
    node_rules: Callable[[], Sequence[Rule]]
    """What every node may do."""


@dataclass(slots=True)
class _Building:
    """What the modes are made of, and what must be closed after them."""

    sources: Sources
    rbac: Rbac
    webhooks: list[ReviewWebhook] = field(default_factory=list)


def _abac(path: str) -> Mode:
    try:
        return Abac(read_policies(Path(path)))
    except (OSError, BadPolicy) as problem:
        raise BadAuthorization(f"--authorization-policy-file: {path}: {problem}") from None


def _webhook(building: _Building, mode: ModeConfig) -> Mode:
    settings = mode.webhook
    if settings is None:
        raise BadAuthorization("--authorization-mode: Webhook names no service")
    service = ReviewWebhook(settings.client)
    building.webhooks.append(service)
    return Webhook(
        service,
        settings.version,
        settings.allowed_seconds,
        settings.denied_seconds,
        deny_on_failure=settings.deny_on_failure,
        conditions=settings.conditions,
    )


MODES: dict[str, Callable[[_Building, ModeConfig], Mode]] = {
    "AlwaysAllow": lambda building, mode: AlwaysAllow(),
    "AlwaysDeny": lambda building, mode: AlwaysDeny(),
    "ABAC": lambda building, mode: _abac(mode.policy_file),
    "Node": lambda building, mode: Node(building.sources.nodes, building.sources.node_rules),
    "RBAC": lambda building, mode: building.rbac,
    "Webhook": _webhook,
}


@dataclass(frozen=True, slots=True)
class Authorization:
    """All that the server needs to know of rights."""

    authorizer: Union
    """Of the authorization and impersonation filters, access reviews and admission."""
    rules: RuleResolvers
    """Of SelfSubjectRulesReview."""
    policy: PolicyIndex
    """Of escalation checks, whatever the modes."""
    webhooks: Sequence[ReviewWebhook] = ()

    async def close(self) -> None:
        """Closes the connections to webhooks."""
        for webhook in self.webhooks:
            await webhook.close()


def build(modes: Sequence[ModeConfig], sources: Sources) -> Authorization:
    """The modes in their order. BadAuthorization names the flag and what is wrong with its file."""
    rbac = Rbac(sources.roles, sources.role_bindings, sources.cluster_roles, sources.cluster_bindings)
    building = _Building(sources, rbac)
    chosen = [MODES[mode.type](building, mode) for mode in modes]
    return Authorization(Union(chosen), RuleResolvers(chosen), rbac.policy, building.webhooks)
