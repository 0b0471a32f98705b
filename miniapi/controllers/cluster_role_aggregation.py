"""Keeps the rules of cluster roles that are made of others (pkg/controller/clusterroleaggregation)."""

from __future__ import annotations

from miniapi.authz.aggregation import aggregated_rules
from miniapi.authz.rules import Rule
from miniapi.client.client import Client
from miniapi.client.clientset import ResourceClient
from miniapi.client.informers import SharedInformer
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.meta.objects import Object

MANAGER = "clusterrole-aggregation-controller"
GROUP = "rbac.authorization.k8s.io"


class ClusterRoleAggregation:
    """Any cluster role may be a part of any that aggregates: after a change all of those are looked at, once."""

    def __init__(self, client: Client, cluster_roles: SharedInformer) -> None:
        self._client = ResourceClient(client, GROUP, "v1", "clusterroles")
        self._roles = cluster_roles
        self._queue = Queue()
        cluster_roles.add_handler(self._changed)

    def _changed(self, _event: str, _old: Object | None, _new: Object | None) -> None:
        self._queue.add(GROUP)

    async def run(self) -> None:
        """Until cancelled."""
        await reconcile_all(self._queue, self._reconcile)

    async def _reconcile(self, _everything: str) -> None:
        roles = self._roles.list()
        for role in roles:
            rules = aggregated_rules(role, roles)
            if rules is not None and rules != (role.get("rules") or []):
                await self._write(role["metadata"]["name"], rules)

    async def _write(self, name: str, rules: list[Rule]) -> None:
        role: Object = {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}
        await self._client.apply(role, MANAGER, force=True)
