"""What of the cluster concerns which node (plugin/pkg/auth/authorizer/node/graph.go).

Followed from the first question on, so that a server without nodes holds none of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from miniapi.authz.policy import ChangeHandler
from miniapi.authz.references import Reference, of_pod, secrets_of_volume

Object = Mapping[str, Any]
Claim = tuple[str, str]
"""(namespace, name) of a PersistentVolumeClaim."""

_MIRROR = "kubernetes.io/config.mirror"


class Source(Protocol):
    """An informer."""

    synced: asyncio.Event

    def add_handler(self, handler: ChangeHandler, /) -> object: ...


class NodeGraph:
    """Pods by their node, and what they reach; what names its node itself."""

    def __init__(self, informer: Callable[[str, str, str], Source]) -> None:
        self._informer = informer
        self._sources: dict[str, Source] = {}
        self._pods: dict[str, dict[tuple[str, str], frozenset[Reference]]] = {}
        """Node -> pod (namespace, name) -> what the pod needs."""
        self._node_of: dict[Reference, str] = {}
        """Of pods, volume attachments and resource slices."""
        self._claim_of: dict[str, Claim] = {}
        """Volume -> the claim that it is bound to."""
        self._secrets_of: dict[str, frozenset[tuple[str, str]]] = {}

    async def related(self, node: str, plural: str, namespace: str, name: str) -> bool:
        """Whether the node has to do with the object, directly or through a pod of its own."""
        if plural in ("volumeattachments", "resourceslices"):
            await self._follow(plural)
            return self._node_of.get((plural, namespace, name)) == node
        await self._follow("pods")
        if plural == "pods":
            return self._node_of.get((plural, namespace, name)) == node
        if plural != "persistentvolumes" and self._uses(node, (plural, namespace, name)):
            return True
        if plural not in ("persistentvolumes", "secrets"):
            return False
        await self._follow("persistentvolumes")
        if plural == "persistentvolumes":
            return self._uses_volume(node, name)
        volumes = [v for v, secrets in self._secrets_of.items() if (namespace, name) in secrets]
        return any(self._uses_volume(node, v) for v in volumes)

    def _uses(self, node: str, reference: Reference) -> bool:
        return any(reference in needed for needed in self._pods.get(node, {}).values())

    def _uses_volume(self, node: str, volume: str) -> bool:
        claim = self._claim_of.get(volume)
        return claim is not None and self._uses(node, ("persistentvolumeclaims", *claim))

    async def _follow(self, plural: str) -> None:
        """Returns when all that is there is known."""
        source = self._sources.get(plural)
        if source is None:
            group, handler = {
                "pods": ("", self._pod_changed),
                "persistentvolumes": ("", self._volume_changed),
                "volumeattachments": ("storage.k8s.io", self._named(plural)),
                "resourceslices": ("resource.k8s.io", self._named(plural)),
            }[plural]
            source = self._sources[plural] = self._informer(group, "v1", plural)
            source.add_handler(handler)
        await source.synced.wait()

    def _pod_changed(self, event: str, old: Object | None, new: Object | None) -> None:
        pod = new or old or {}
        key = pod["metadata"]["namespace"], pod["metadata"]["name"]
        before = self._node_of.pop(("pods", *key), "")
        if before:
            del self._pods[before][key]
            if not self._pods[before]:
                del self._pods[before]
        node = (pod.get("spec") or {}).get("nodeName") or ""
        if event == "DELETED" or not node:
            return
        mirrored = _MIRROR in (pod["metadata"].get("annotations") or {})
        self._node_of["pods", *key] = node
        self._pods.setdefault(node, {})[key] = frozenset(() if mirrored else of_pod(pod))

    def _volume_changed(self, event: str, old: Object | None, new: Object | None) -> None:
        volume = new or old or {}
        name = volume["metadata"]["name"]
        self._claim_of.pop(name, None)
        self._secrets_of.pop(name, None)
        claim = (volume.get("spec") or {}).get("claimRef")
        if event == "DELETED" or not claim:
            return
        self._claim_of[name] = claim.get("namespace", ""), claim.get("name", "")
        secrets = frozenset(secrets_of_volume(volume))
        if secrets:
            self._secrets_of[name] = secrets

    def _named(self, plural: str) -> ChangeHandler:
        def changed(event: str, old: Object | None, new: Object | None) -> None:
            obj = new or old or {}
            key = plural, "", obj["metadata"]["name"]
            node = (obj.get("spec") or {}).get("nodeName") or ""
            if event == "DELETED" or not node:
                self._node_of.pop(key, None)
            else:
                self._node_of[key] = node

        return changed
