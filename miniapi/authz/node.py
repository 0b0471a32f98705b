"""Node: kubelets may do what nodes do, with the objects that concern their own node.

Follows plugin/pkg/auth/authorizer/node/node_authorizer.go.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import Protocol

from miniapi.authz.interface import Attributes, Decision
from miniapi.authz.modes import NODE_USER_PREFIX, NODES_GROUP, Rules
from miniapi.authz.rules import Rule, allows
from miniapi.meta.selectors import parse_field_selector
from miniapi.meta.user import UserInfo

LEASE_NAMESPACE = "kube-node-lease"

_ALLOWED, _NO_OPINION = Decision("allow"), Decision("no_opinion")
_OWN_VERBS = ("get", "create", "update", "patch", "delete")
_SELECTED_VERBS = ("list", "watch", "deletecollection")


class Graph(Protocol):
    """What concerns which node."""

    async def related(self, node: str, plural: str, namespace: str, name: str) -> bool: ...


def node_name(user: UserInfo) -> str | None:
    """The node that the user is, None for a user that is none (nodeidentifier.NodeIdentity)."""
    if not user.name.startswith(NODE_USER_PREFIX) or NODES_GROUP not in user.groups:
        return None
    return user.name.removeprefix(NODE_USER_PREFIX)


class Node:
    """Has no opinion of anybody but nodes."""

    def __init__(self, graph: Graph, rules: Callable[[], Sequence[Rule]]) -> None:
        self._graph = graph
        self._read_rules = rules
        self._special: dict[tuple[str, str], Callable[[str, Attributes], Awaitable[Decision]]] = {
            ("", "secrets"): self._read,
            ("", "configmaps"): self._read,
            ("", "persistentvolumeclaims"): self._claim,
            ("", "persistentvolumes"): self._get,
            ("resource.k8s.io", "resourceclaims"): self._get,
            ("storage.k8s.io", "volumeattachments"): self._get,
            ("", "serviceaccounts"): self._account,
            ("coordination.k8s.io", "leases"): self._lease,
            ("storage.k8s.io", "csinodes"): self._csi_node,
            ("resource.k8s.io", "resourceslices"): self._slice,
            ("", "nodes"): self._node,
            ("", "pods"): self._pod,
        }

    @cached_property
    def _rules(self) -> Sequence[Rule]:
        """What every node may do; read with the first question of a node."""
        return self._read_rules()

    async def authorize(self, attributes: Attributes) -> Decision:
        """`allow`, or `no_opinion` with the reason."""
        node = node_name(attributes.user)
        if node is None:
            return _NO_OPINION
        if not node:
            return Decision("no_opinion", f'unknown node for user "{attributes.user.name}"')
        if attributes.resource_request:
            special = self._special.get((attributes.group, attributes.resource))
            if special is not None:
                return await special(node, attributes)
        return _ALLOWED if any(allows(rule, attributes) for rule in self._rules) else _NO_OPINION

    async def rules_for(self, user: UserInfo, namespace: str) -> Rules:
        """A node's rules cannot be listed; others have none here."""
        del namespace
        if node_name(user) is not None:
            return [], [], True, "node authorizer does not support user rule resolution"
        return [], [], False, ""

    async def _related(self, node: str, a: Attributes) -> Decision:
        if not a.name:
            return Decision("no_opinion", "No Object name found")
        if await self._graph.related(node, a.resource, a.namespace, a.name):
            return _ALLOWED
        return Decision("no_opinion", f"no relationship found between node '{node}' and this object")

    async def _read(self, node: str, a: Attributes) -> Decision:
        if a.verb not in ("get", "list", "watch"):
            return Decision("no_opinion", "can only read resources of this type")
        if a.subresource:
            return Decision("no_opinion", "cannot read subresource")
        if not a.namespace:
            return Decision("no_opinion", "can only read namespaced object of this type")
        return await self._related(node, a)

    async def _get(self, node: str, a: Attributes) -> Decision:
        if a.verb != "get":
            return Decision("no_opinion", "can only get individual resources of this type")
        if a.subresource:
            return Decision("no_opinion", "cannot get subresource")
        return await self._related(node, a)

    async def _claim(self, node: str, a: Attributes) -> Decision:
        if a.subresource != "status":
            return await self._get(node, a)
        if a.verb not in ("get", "update", "patch"):
            return Decision("no_opinion", "can only get/update/patch this type")
        return await self._related(node, a)

    async def _account(self, node: str, a: Attributes) -> Decision:
        if (a.verb, a.subresource) not in (("get", ""), ("create", "token")):
            return Decision(
                "no_opinion",
                "can only get individual service accounts or create tokens for individual service accounts",
            )
        return await self._related(node, a)

    async def _lease(self, node: str, a: Attributes) -> Decision:
        if a.verb not in _OWN_VERBS:
            return Decision("no_opinion", "can only get, create, update, patch, or delete a node lease")
        if a.namespace != LEASE_NAMESPACE:
            return Decision("no_opinion", f'can only access leases in the "{LEASE_NAMESPACE}" system namespace')
        if a.verb != "create" and a.name != node:
            why = "can only access node lease with the same name as the requesting node"
            return Decision("no_opinion", why)
        return _ALLOWED

    async def _csi_node(self, node: str, a: Attributes) -> Decision:
        if a.verb not in _OWN_VERBS:
            return Decision("no_opinion", "can only get, create, update, patch, or delete a CSINode")
        if a.subresource:
            return Decision("no_opinion", "cannot authorize CSINode subresources")
        if a.verb != "create" and a.name != node:
            return Decision("no_opinion", "can only access CSINode with the same name as the requesting node")
        return _ALLOWED

    async def _slice(self, node: str, a: Attributes) -> Decision:
        if a.subresource:
            return Decision("no_opinion", "cannot authorize ResourceSlice subresources")
        if a.verb == "create":
            return _ALLOWED  # NodeRestriction sees the content
        if a.verb in ("get", "update", "patch", "delete"):
            return await self._related(node, a)
        if a.verb not in _SELECTED_VERBS:
            why = (
                "only the following verbs are allowed for a ResourceSlice: "
                "get, watch, list, create, update, patch, delete, deletecollection"
            )
            return Decision("no_opinion", why)
        if _selects(a, node):
            return _ALLOWED
        return Decision(
            "no_opinion", "can only list/watch/deletecollection resourceslices with nodeName field selector"
        )

    async def _node(self, node: str, a: Attributes) -> Decision:
        """What a node writes of itself is NodeRestriction's to judge."""
        if a.subresource == "status":
            return _ALLOWED if a.verb in ("update", "patch") else _NO_OPINION
        if a.subresource or a.verb not in ("create", "update", "patch", "get", "list", "watch"):
            return _NO_OPINION
        if a.verb in ("create", "update", "patch") or a.name == node:
            return _ALLOWED
        what = f"'{a.name}'" if a.name else "all nodes"
        return Decision("no_opinion", f"node '{node}' cannot read {what}, only its own Node object")

    async def _pod(self, node: str, a: Attributes) -> Decision:
        """What a node writes of pods is NodeRestriction's to judge."""
        if (a.subresource, a.verb) in _POD_WRITES:
            return _ALLOWED
        if a.subresource:
            return _NO_OPINION
        if a.verb == "get":
            return await self._get(node, a)
        if a.verb not in ("list", "watch"):
            return _NO_OPINION
        if _selects(a, node):
            return _ALLOWED
        if a.name:
            return await self._related(node, a)
        return Decision("no_opinion", "can only list/watch pods with spec.nodeName field selector")


_POD_WRITES = frozenset(
    {("", "create"), ("", "delete"), ("status", "update"), ("status", "patch"), ("eviction", "create")}
)


def _selects(a: Attributes, node: str) -> bool:
    """Whether the request's field selector keeps to what runs on the node."""
    try:
        terms = parse_field_selector(a.field_selector)
    except ValueError:
        return False  # the request will be refused as it is
    return any(t.field == "spec.nodeName" and t.equals and t.value == node for t in terms)
