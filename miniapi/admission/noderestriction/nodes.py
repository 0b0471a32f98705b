"""Nodes and their own Node object: neither taints nor owners nor labels that would steer work to them."""

from __future__ import annotations

from collections.abc import Mapping

from miniapi.admission.interface import Attributes
from miniapi.admission.refusal import forbidden

RESTRICTION = "node-restriction.kubernetes.io"
KUBELET_LABELS = frozenset(
    {
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
    }
)
KUBELET_NAMESPACES = ("kubelet.kubernetes.io", "node.kubernetes.io")


def admit(node: str, a: Attributes) -> None:
    """Nodes and their status."""
    obj, old = a.obj or {}, a.old or {}
    name = a.name
    if a.operation == "CREATE":
        if (obj.get("spec") or {}).get("configSource") is not None:
            raise forbidden(a, f'node "{node}" is not allowed to create pods with a non-nil configSource')
        if problem := _forbidden_labels(obj["metadata"].get("labels") or {}, {}):
            raise forbidden(a, f'node "{node}" is not allowed to set the following labels: {problem}')
        name = name or obj["metadata"].get("name") or ""
    if name != node:
        raise forbidden(a, f'node "{node}" is not allowed to modify node "{name}"')
    if a.operation != "UPDATE":
        return
    meta, before = obj["metadata"], old["metadata"]
    spec, old_spec = obj.get("spec") or {}, old.get("spec") or {}
    if spec.get("configSource") not in (None, old_spec.get("configSource")):
        raise forbidden(a, f'node "{node}" is not allowed to update configSource to a new non-nil configSource')
    if (meta.get("ownerReferences") or []) != (before.get("ownerReferences") or []):
        raise forbidden(a, f'node "{node}" is not allowed to modify ownerReferences')
    if (spec.get("taints") or []) != (old_spec.get("taints") or []):
        raise forbidden(a, f'node "{node}" is not allowed to modify taints')
    if problem := _forbidden_labels(meta.get("labels") or {}, before.get("labels") or {}):
        raise forbidden(a, f'node "{node}" is not allowed to modify labels: {problem}')


def _forbidden_labels(labels: Mapping[str, str], old: Mapping[str, str]) -> str:
    """Those changed that are not a kubelet's, joined."""
    changed = {k for k in labels.keys() | old.keys() if labels.get(k) != old.get(k)}
    return ", ".join(sorted(k for k in changed if not _is_kubelets(k)))


def _is_kubelets(label: str) -> bool:
    namespace, slash, _ = label.partition("/")
    if not slash:
        return True
    if _within(namespace, RESTRICTION):
        return False
    if not _within(namespace, "kubernetes.io") and not _within(namespace, "k8s.io"):
        return True
    return label in KUBELET_LABELS or any(_within(namespace, n) for n in KUBELET_NAMESPACES)


def _within(namespace: str, domain: str) -> bool:
    return namespace == domain or namespace.endswith(f".{domain}")
