"""The modes of --authorization-mode that ship (kubeapiserver/authorizer.Config.New)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from miniapi.authz.interface import Authorizer, RuleResolver
from miniapi.authz.modes import AlwaysAllow, AlwaysDeny, RuleResolvers, Union
from miniapi.authz.node import Graph, Node
from miniapi.authz.policy import PolicyIndex, Source
from miniapi.authz.rbac import Rbac
from miniapi.authz.rules import Rule


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


MODES: dict[str, Callable[[Sources, Rbac], Mode]] = {
    "AlwaysAllow": lambda sources, rbac: AlwaysAllow(),
    "AlwaysDeny": lambda sources, rbac: AlwaysDeny(),
    "Node": lambda sources, rbac: Node(sources.nodes, sources.node_rules),
    "RBAC": lambda sources, rbac: rbac,
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


def build(modes: Sequence[str], sources: Sources) -> Authorization:
    """The modes in their order. KeyError for one that does not ship: the options' validate has refused it."""
    rbac = Rbac(sources.roles, sources.role_bindings, sources.cluster_roles, sources.cluster_bindings)
    chosen = [MODES[mode](sources, rbac) for mode in modes]
    return Authorization(Union(chosen), RuleResolvers(chosen), rbac.policy)
