"""Nodes and pods: mirror pods of their own, the status and eviction of what runs on them."""

from __future__ import annotations

from miniapi import errors
from miniapi.admission.interface import Attributes, Lister
from miniapi.admission.refusal import forbidden
from miniapi.authz.references import of_pod
from miniapi.meta.objects import Object

MIRROR = "kubernetes.io/config.mirror"


async def admit(node: str, a: Attributes, lister: Lister) -> None:
    """Pods and their subresources."""
    if a.subresource == "":
        await _admit_pod(node, a, lister)
    elif a.subresource == "status":
        _admit_status(node, a)
    elif a.subresource == "eviction":
        await _admit_eviction(node, a, lister)
    else:
        why = f"unexpected pod subresource \"{a.subresource}\", only 'status' and 'eviction' are allowed"
        raise forbidden(a, why)


async def existing(a: Attributes, name: str, lister: Lister) -> Object:
    """The pod as it is; 404 where it is not."""
    pod = await lister.get("", "pods", a.namespace, name)
    if pod is None:
        raise errors.not_found("pods", "", name)
    return pod


def node_of(pod: Object) -> str:
    """spec.nodeName or the empty string."""
    name: str = (pod.get("spec") or {}).get("nodeName") or ""
    return name


async def _admit_pod(node: str, a: Attributes, lister: Lister) -> None:
    if a.operation == "CREATE":
        await _admit_create(node, a, a.obj or {}, lister)
    elif a.operation == "DELETE":
        if node_of(await existing(a, a.name, lister)) != node:
            raise forbidden(a, f'node "{node}" can only delete pods with spec.nodeName set to itself')
    else:
        why = f'unexpected operation "{a.operation}", node "{node}" can only create and delete mirror pods'
        raise forbidden(a, why)


async def _admit_create(node: str, a: Attributes, pod: Object, lister: Lister) -> None:
    if MIRROR not in (pod["metadata"].get("annotations") or {}):
        why = f'pod does not have "{MIRROR}" annotation, node "{node}" can only create mirror pods'
        raise forbidden(a, why)
    if node_of(pod) != node:
        raise forbidden(a, f'node "{node}" can only create pods with spec.nodeName set to itself')
    await _check_owner(node, a, pod, lister)
    if problem := _reference_problem(pod):
        raise forbidden(a, f'node "{node}" can not create pods that reference {problem}')


async def _check_owner(node: str, a: Attributes, pod: Object, lister: Lister) -> None:
    owners = pod["metadata"].get("ownerReferences") or []
    if len(owners) > 1:
        raise forbidden(a, f'node "{node}" can only create pods with a single owner reference set to itself')
    own = ("v1", "Node", node)
    if not owners or tuple(owners[0].get(k) for k in ("apiVersion", "kind", "name")) != own:
        raise forbidden(a, f'node "{node}" can only create pods with an owner reference set to itself')
    if not owners[0].get("controller"):
        raise forbidden(a, f'node "{node}" can only create pods with a controller owner reference set to itself')
    if owners[0].get("blockOwnerDeletion"):
        raise forbidden(a, f'node "{node}" must not set blockOwnerDeletion on an owner reference')
    found = await lister.get("", "nodes", "", node)
    if found is None:
        raise errors.not_found("nodes", "", node)
    expected, got = owners[0].get("uid", ""), found["metadata"]["uid"]
    if expected != got:
        raise forbidden(a, f"node {node} UID mismatch: expected {expected} got {got}")


def _reference_problem(pod: Object) -> str:
    """What the pod needs that a mirror pod cannot have; empty for nothing."""
    kinds = {plural for plural, _, _ in of_pod(pod)}
    if "serviceaccounts" in kinds:
        return "a service account"
    for plural in ("secrets", "configmaps"):
        if plural in kinds:
            return plural
    sources = [
        source
        for volume in pod["spec"].get("volumes") or ()
        for source in (volume.get("projected") or {}).get("sources") or ()
    ]
    if any(source.get("clusterTrustBundle") for source in sources):
        return "clustertrustbundles"
    if "persistentvolumeclaims" in kinds:
        return "persistentvolumeclaims"
    return "resourceclaims" if pod["spec"].get("resourceClaims") else ""


def _admit_status(node: str, a: Attributes) -> None:
    if a.operation != "UPDATE":
        raise forbidden(a, f'unexpected operation "{a.operation}"')
    old, new = a.old or {}, a.obj or {}
    if node_of(old) != node:
        raise forbidden(a, f'node "{node}" can only update pod status for pods with spec.nodeName set to itself')
    if (old["metadata"].get("labels") or {}) != (new["metadata"].get("labels") or {}):
        raise forbidden(a, f'node "{node}" cannot update labels through pod status')
    before, after = old.get("status") or {}, new.get("status") or {}
    if (before.get("resourceClaimStatuses") or []) != (after.get("resourceClaimStatuses") or []):
        raise forbidden(a, f'node "{node}" cannot update resource claim statuses')
    if before.get("extendedResourceClaimStatus") != after.get("extendedResourceClaimStatus"):
        raise forbidden(a, f'node "{node}" cannot update extended resource claim statuses')


async def _admit_eviction(node: str, a: Attributes, lister: Lister) -> None:
    if a.operation != "CREATE":
        raise forbidden(a, f"unexpected operation {a.operation}")
    name = a.name or ((a.obj or {}).get("metadata") or {}).get("name") or ""
    if not name:
        raise forbidden(a, "could not determine pod from request data")
    if node_of(await existing(a, name, lister)) != node:
        raise forbidden(a, f"node {node} can only evict pods with spec.nodeName set to itself")
