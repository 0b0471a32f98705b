"""What this server tells others of how it authenticates: ConfigMaps of kube-system.

`extension-apiserver-authentication` is read by aggregated servers at their start
(pkg/controlplane/controller/clusterauthenticationtrust); the other tells since when the use of tokens in secrets
is noted (legacytokentracking).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from miniapi.client.client import Client
from miniapi.errors import ApiError
from miniapi.meta.objects import Object

NAMESPACE = "kube-system"
AUTHENTICATION = "extension-apiserver-authentication"
TOKEN_TRACKING = "kube-apiserver-legacy-service-account-token-tracking"


async def publish_authentication(client: Client, information: Mapping[str, str]) -> None:
    """Creates the ConfigMap, or corrects what it says; what others say beside it stays."""
    if not information:
        return
    current = await _get(client, AUTHENTICATION)
    if current is None:
        await _create(client, AUTHENTICATION, information)
        return
    data = current.get("data") or {}
    if {**data, **information} != data:
        current["data"] = {**data, **information}
        await client.update("", "v1", "configmaps", NAMESPACE, current)


async def note_token_tracking(client: Client, now: datetime) -> None:
    """Creates the ConfigMap where there is none."""
    if await _get(client, TOKEN_TRACKING) is None:
        await _create(client, TOKEN_TRACKING, {"since": now.strftime("%Y-%m-%d")})


async def _get(client: Client, name: str) -> Object | None:
    try:
        return await client.get("", "v1", "configmaps", NAMESPACE, name)
    except ApiError as problem:
        if problem.code != 404:
            raise
        return None


async def _create(client: Client, name: str, data: Mapping[str, str]) -> None:
    obj: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": dict(data)}
    try:
        await client.create("", "v1", "configmaps", NAMESPACE, obj)
    except ApiError as problem:
        if problem.code != 409:
            raise
