"""Fills secrets of type kubernetes.io/service-account-token (pkg/controller/serviceaccount/tokens_controller.go)."""

from __future__ import annotations

import base64

from miniapi.authn.legacy_service_account import ACCOUNT_NAME, ACCOUNT_UID, LegacyTokens
from miniapi.client.client import Client
from miniapi.client.clientset import ResourceClient
from miniapi.client.informers import SharedInformer
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.meta.objects import Object, copy


class ServiceAccountTokens:
    """Gives each such secret its token; removes it with its account."""

    def __init__(
        self, client: Client, secrets: SharedInformer, accounts: SharedInformer, tokens: LegacyTokens, root_ca: str
    ) -> None:
        self._client = ResourceClient(client, "", "v1", "secrets")
        self._account_client = ResourceClient(client, "", "v1", "serviceaccounts")
        self._secrets = secrets
        self._tokens = tokens
        self._root_ca = _encoded(root_ca)
        self._queue = Queue()
        secrets.add_handler(self._secret_changed)
        accounts.add_handler(self._account_changed)

    def _secret_changed(self, _event: str, _old: Object | None, new: Object | None) -> None:
        if new is not None:
            self._queue.add(_key(new))

    def _account_changed(self, event: str, old: Object | None, _new: Object | None) -> None:
        if event != "DELETED" or old is None:
            return
        meta = old["metadata"]
        for secret in self._secrets.list(meta["namespace"]):
            if _annotations(secret).get(ACCOUNT_NAME) == meta["name"]:
                self._queue.add(_key(secret))

    async def run(self) -> None:
        """Until cancelled."""
        await reconcile_all(self._queue, self._reconcile)

    async def _reconcile(self, key: str) -> None:
        namespace, _, name = key.partition("/")
        secret = self._secrets.get(namespace, name)
        if secret is None or secret["metadata"].get("deletionTimestamp"):
            return
        account = await self._account(secret)
        client = self._client.namespace(namespace)
        if account is None:
            uid, version = secret["metadata"]["uid"], secret["metadata"]["resourceVersion"]
            await client.delete(name, {"preconditions": {"uid": uid, "resourceVersion": version}})
            return
        filled = self._filled(secret, account)
        if filled is not None:
            await client.update(filled)

    async def _account(self, secret: Object) -> Object | None:
        """The account that the secret is of; None where it is gone or another by now."""
        wanted = _annotations(secret)
        namespace, name = secret["metadata"]["namespace"], wanted.get(ACCOUNT_NAME, "")
        found = await self._account_client.namespace(namespace).list(fieldSelector=f"metadata.name={name}")
        for account in found["items"]:
            if wanted.get(ACCOUNT_UID) in (None, "", account["metadata"]["uid"]):
                return dict(account)
        return None

    def _filled(self, secret: Object, account: Object) -> Object | None:
        """The secret with all that it needs; None where it has it."""
        meta, uid = secret["metadata"], account["metadata"]["uid"]
        data = secret.get("data") or {}
        wanted = {"ca.crt": self._root_ca, "namespace": _encoded(meta["namespace"])}
        if all(data.get(k) == v for k, v in wanted.items()) and data.get("token"):
            if _annotations(secret).get(ACCOUNT_UID) == uid:
                return None
        if not data.get("token"):
            token = self._tokens.mint(meta["namespace"], account["metadata"]["name"], uid, meta["name"])
            wanted["token"] = _encoded(token)
        filled: Object = copy(secret)
        filled["data"] = {**data, **wanted}
        filled["metadata"]["annotations"][ACCOUNT_UID] = uid
        return filled


def _annotations(secret: Object) -> dict[str, str]:
    return secret["metadata"].get("annotations") or {}


def _key(secret: Object) -> str:
    return f"{secret['metadata']['namespace']}/{secret['metadata']['name']}"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
