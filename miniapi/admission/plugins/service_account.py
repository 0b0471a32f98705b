"""ServiceAccount: pods run as an account and find its token (plugin/pkg/admission/serviceaccount)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object

DEFAULT = "default"
MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
VOLUME_PREFIX = "kube-api-access-"
ENFORCE_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"
MIRROR = "kubernetes.io/config.mirror"
TOKEN_SECONDS = 3607
"""An hour and a little, by which such tokens are told from those that people ask for."""
ATTEMPTS, PAUSE_SECONDS = 10, 0.1
"""How patiently the default account of a new namespace is awaited."""

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_CONTAINERS = (("init container", "initContainers"), ("container", "containers"))
_EPHEMERAL = "ephemeralcontainers"


class ServiceAccount:
    """Fills serviceAccountName, mounts the token, adds pull secrets, limits secrets where the account asks for it."""

    name = "ServiceAccount"

    def __init__(self, lister: Lister, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._lister, self._sleep = lister, sleep

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        if kind.group_resource != "pods":
            return False
        return (operation == "CREATE" and not subresource) or (operation == "UPDATE" and subresource == _EPHEMERAL)

    async def admit(self, attributes: Attributes) -> None:
        pod = attributes.obj
        if pod is None or attributes.subresource:
            return
        if _is_mirror(pod):
            await self.validate(attributes)
            return
        spec = pod["spec"]
        if not spec.get("serviceAccountName"):
            spec["serviceAccountName"] = DEFAULT
        account = await self._account(attributes, spec["serviceAccountName"])
        if _automounts(spec, account):
            _mount_token(spec)
        if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
            spec["imagePullSecrets"] = [dict(s) for s in account["imagePullSecrets"]]

    async def validate(self, attributes: Attributes) -> None:
        pod = attributes.obj
        if pod is None:
            return
        why = _mirror_problem(pod["spec"]) if _is_mirror(pod) and not attributes.subresource else ""
        if why:
            raise forbidden(attributes, why)
        if _is_mirror(pod):
            return
        account = await self._account(attributes, pod["spec"].get("serviceAccountName") or "")
        if (account["metadata"].get("annotations") or {}).get(ENFORCE_MOUNTABLE) in _TRUE:
            why = _secret_problem(pod["spec"], account, ephemeral=attributes.subresource == _EPHEMERAL)
            if why:
                raise forbidden(attributes, why)

    async def _account(self, attributes: Attributes, name: str) -> Object:
        for attempt in range(ATTEMPTS if name == DEFAULT else 1):
            if attempt:
                await self._sleep(PAUSE_SECONDS)
            account = await self._lister.get("", "serviceaccounts", attributes.namespace, name)
            if account is not None:
                return account
        why = f'error looking up service account {attributes.namespace}/{name}: serviceaccount "{name}" not found'
        raise forbidden(attributes, why)


def _is_mirror(pod: Object) -> bool:
    return MIRROR in (pod["metadata"].get("annotations") or {})


def _mirror_problem(spec: dict[str, Any]) -> str:
    """What ties a static pod's mirror to the API, which its kubelet does not follow."""
    if spec.get("serviceAccountName"):
        return "a mirror pod may not reference service accounts"
    if next(_secret_names(spec), None) is not None:
        return "a mirror pod may not reference secrets"
    for volume in spec.get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            if source.get("serviceAccountToken") is not None:
                return "a mirror pod may not use ServiceAccountToken volume projections"
    return ""


def _secret_names(spec: dict[str, Any]) -> Iterator[str]:
    for volume in spec.get("volumes") or ():
        if volume.get("secret") is not None:
            yield volume["secret"].get("secretName") or ""
        for source in (volume.get("projected") or {}).get("sources") or ():
            if source.get("secret") is not None:
                yield source["secret"].get("name") or ""
    for _, kind in _CONTAINERS:
        for container in spec.get(kind) or ():
            for _, name in _references(container):
                yield name
    for secret in spec.get("imagePullSecrets") or ():
        yield secret.get("name") or ""


def _references(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(how, name of the secret) for each secret in a container's environment."""
    for variable in container.get("env") or ():
        ref = (variable.get("valueFrom") or {}).get("secretKeyRef")
        if ref is not None:
            yield f"envVar {variable.get('name', '')}", ref.get("name") or ""
    for source in container.get("envFrom") or ():
        if source.get("secretRef") is not None:
            yield "envFrom", source["secretRef"].get("name") or ""


def _secret_problem(spec: dict[str, Any], account: Object, *, ephemeral: bool) -> str:
    mountable = {s.get("name") for s in account.get("secrets") or ()}
    owner = account["metadata"]["name"]
    if not ephemeral:
        for volume in spec.get("volumes") or ():
            name = (volume.get("secret") or {}).get("secretName")
            if name is not None and name not in mountable:
                return (
                    f'volume with secret.secretName="{name}" is not allowed because '
                    f"service account {owner} does not reference that secret"
                )
    containers = (("ephemeral container", "ephemeralContainers"),) if ephemeral else _CONTAINERS
    for kind, field in containers:
        for container in spec.get(field) or ():
            for how, name in _references(container):
                if name not in mountable:
                    return (
                        f'{kind} {container["name"]} with {how} referencing secret.secretName="{name}" '
                        f"is not allowed because service account {owner} does not reference that secret"
                    )
    pullable = {s.get("name") for s in account.get("imagePullSecrets") or ()}
    for i, secret in enumerate(() if ephemeral else spec.get("imagePullSecrets") or ()):
        if secret.get("name") not in pullable:
            return (
                f'imagePullSecrets[{i}].name="{secret.get("name", "")}" is not allowed because '
                f"service account {owner} does not reference that imagePullSecret"
            )
    return ""


def _automounts(spec: dict[str, Any], account: Object) -> bool:
    for chosen in (spec.get("automountServiceAccountToken"), account.get("automountServiceAccountToken")):
        if chosen is not None:
            return bool(chosen)
    return True


def _mount_token(spec: dict[str, Any]) -> None:
    """Mounts a projected token into each container that has nothing else at that path."""
    volumes = spec.get("volumes") or []
    name = next((v["name"] for v in volumes if str(v.get("name") or "").startswith(VOLUME_PREFIX)), "")
    present = bool(name)
    name = name or VOLUME_PREFIX + "".join(random.choice(_ALPHABET) for _ in range(5))
    needed = False
    for kind in ("initContainers", "containers"):
        for container in spec.get(kind) or ():
            mounts = container.get("volumeMounts") or []
            if not any(m.get("mountPath") == MOUNT_PATH for m in mounts):
                needed = True
                container["volumeMounts"] = [*mounts, {"name": name, "readOnly": True, "mountPath": MOUNT_PATH}]
    if needed and not present:
        spec["volumes"] = [*volumes, {"name": name, "projected": _projection()}]


def _projection() -> dict[str, Any]:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [namespace]}},
        ],
        "defaultMode": 420,
    }
