"""Nodes and tokens: only for accounts of their pods, bound to the pod, for an audience that the pod asks for."""

from __future__ import annotations

from collections.abc import AsyncIterator

from miniapi.admission.interface import Attributes, Lister
from miniapi.admission.noderestriction.pods import existing, node_of
from miniapi.admission.refusal import forbidden
from miniapi.authz.interface import Attributes as Question
from miniapi.authz.interface import Authorizer
from miniapi.meta.objects import Object

AUDIENCE_VERB = "request-serviceaccounts-token-audience"


async def admit(node: str, a: Attributes, lister: Lister, authorizer: Authorizer) -> None:
    """serviceaccounts/token."""
    if a.operation != "CREATE" or a.subresource != "token":
        return
    spec = (a.obj or {}).get("spec") or {}
    reference = spec.get("boundObjectRef") or {}
    if (reference.get("apiVersion"), reference.get("kind")) != ("v1", "Pod") or not reference.get("name"):
        raise forbidden(a, "node requested token not bound to a pod")
    uid = reference.get("uid") or ""
    if not uid:
        raise forbidden(a, "node requested token with a pod binding without a uid")
    pod = await existing(a, reference["name"], lister)
    if uid != pod["metadata"]["uid"]:
        why = (
            f"the UID in the bound object reference ({uid}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
        raise forbidden(a, why)
    if node_of(pod) != node:
        raise forbidden(a, "node requested token bound to a pod scheduled on a different node")
    audiences = spec.get("audiences") or [""]
    if len(audiences) > 1:
        raise forbidden(a, "node may only request 0 or 1 audiences")
    if not await _may_ask(a, pod, audiences[0], lister, authorizer):
        why = (
            f'audience "{audiences[0]}" not found in pod spec volume, {a.user.name} is not authorized to request '
            "tokens for this audience"
        )
        raise forbidden(a, why)


async def _may_ask(a: Attributes, pod: Object, audience: str, lister: Lister, authorizer: Authorizer) -> bool:
    async for asked in _audiences(pod, lister):
        if asked == audience:
            return True
    question = Question(
        a.user, AUDIENCE_VERB, version="*", resource=audience, namespace=a.namespace, name=a.name
    )  # fmt: skip
    return (await authorizer.authorize(question)).verdict == "allow"


async def _audiences(pod: Object, lister: Lister) -> AsyncIterator[str]:
    """Of the pod's projected tokens, and of the drivers of its volumes."""
    drivers: list[str] = []
    for volume in pod["spec"].get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            if source.get("serviceAccountToken"):
                yield source["serviceAccountToken"].get("audience") or ""
        if volume.get("csi"):
            drivers.append(volume["csi"]["driver"])
        elif driver := await _claimed_driver(pod["metadata"], volume, lister):
            drivers.append(driver)
    for driver in dict.fromkeys(drivers):
        found = await lister.get("storage.k8s.io", "csidrivers", "", driver)
        for request in ((found or {}).get("spec") or {}).get("tokenRequests") or ():
            yield request.get("audience") or ""


async def _claimed_driver(meta: Object, volume: Object, lister: Lister) -> str:
    """The driver of the volume that the pod's claim is bound to; empty for none."""
    name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
    if volume.get("ephemeral") is not None:
        name = f"{meta['name']}-{volume['name']}"
    if not name:
        return ""
    claim = await lister.get("", "persistentvolumeclaims", meta["namespace"], name)
    bound = ((claim or {}).get("spec") or {}).get("volumeName")
    found = await lister.get("", "persistentvolumes", "", bound) if bound else None
    driver: str = (((found or {}).get("spec") or {}).get("csi") or {}).get("driver") or ""
    return driver
