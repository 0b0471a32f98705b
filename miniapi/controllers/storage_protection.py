"""Lets deleted claims and volumes go once nobody uses them (pkg/controller/volume/pvcprotection, pvprotection)."""

from __future__ import annotations

from collections.abc import Callable

from miniapi.client.client import Client
from miniapi.client.informers import SharedInformer
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.meta.objects import Object

CLAIMS, CLAIM_FINALIZER = "persistentvolumeclaims", "kubernetes.io/pvc-protection"
VOLUMES, VOLUME_FINALIZER = "persistentvolumes", "kubernetes.io/pv-protection"
_ENDED = ("Succeeded", "Failed")


class StorageProtection:
    """Removes one finalizer from deleted objects of one kind that are unused."""

    def __init__(
        self, client: Client, informer: SharedInformer, plural: str, finalizer: str, is_used: Callable[[Object], bool]
    ) -> None:
        self._client, self._informer = client, informer
        self._plural, self._finalizer, self._is_used = plural, finalizer, is_used
        self._queue = Queue()
        informer.add_handler(self._changed)

    def _changed(self, _event: str, _old: Object | None, new: Object | None) -> None:
        if new is not None and self._may_go(new):
            self._queue.add(f"{new['metadata'].get('namespace', '')}/{new['metadata']['name']}")

    def look_again(self) -> None:
        """Something that may have used one of them has gone."""
        for obj in self._informer.list():
            self._changed("", None, obj)

    def _may_go(self, obj: Object) -> bool:
        meta = obj["metadata"]
        return bool(meta.get("deletionTimestamp")) and self._finalizer in (meta.get("finalizers") or ())

    async def run(self) -> None:
        """Until cancelled."""
        await reconcile_all(self._queue, self._reconcile)

    async def _reconcile(self, key: str) -> None:
        namespace, name = key.split("/", 1)
        obj = await self._client.get("", "v1", self._plural, namespace, name)
        if not self._may_go(obj) or self._is_used(obj):
            return
        obj["metadata"]["finalizers"] = [f for f in obj["metadata"]["finalizers"] if f != self._finalizer]
        await self._client.update("", "v1", self._plural, namespace, obj)


def claim_protection(client: Client, claims: SharedInformer, pods: SharedInformer) -> StorageProtection:
    """A claim is used by pods that name it and have not ended."""

    def is_used(claim: Object) -> bool:
        meta = claim["metadata"]
        return any(_uses(pod, meta["name"]) for pod in pods.list(meta["namespace"]))

    protection = StorageProtection(client, claims, CLAIMS, CLAIM_FINALIZER, is_used)

    def pod_changed(_event: str, _old: Object | None, new: Object | None) -> None:
        if new is None or (new.get("status") or {}).get("phase") in _ENDED:
            protection.look_again()

    pods.add_handler(pod_changed, concerns=lambda _event, key: not claims.is_empty(key[0]))
    return protection


def volume_protection(client: Client, volumes: SharedInformer) -> StorageProtection:
    """A volume is used while it is bound."""

    def is_used(volume: Object) -> bool:
        return (volume.get("status") or {}).get("phase") == "Bound"

    return StorageProtection(client, volumes, VOLUMES, VOLUME_FINALIZER, is_used)


def _uses(pod: Object, claim: str) -> bool:
    if (pod.get("status") or {}).get("phase") in _ENDED:
        return False
    for volume in pod["spec"].get("volumes") or ():
        named = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        made = f"{pod['metadata']['name']}-{volume['name']}" if volume.get("ephemeral") is not None else None
        if claim in (named, made):
            return True
    return False
