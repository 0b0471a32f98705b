"""The APIServices of what this server serves itself, as rows (controlplane's DefaultGenericAPIServicePriorities)."""

from __future__ import annotations

from miniapi.meta.objects import Object

GROUP = "apiregistration.k8s.io"
AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged"
ON_START = "onstart"
"""Label of what is registered at each start."""
ALWAYS = "true"
"""Label of what follows the CustomResourceDefinitions."""

GROUPS: dict[str, int] = {
    "": 18000,
    "apps": 17800,
    "events.k8s.io": 17750,
    "authentication.k8s.io": 17700,
    "authorization.k8s.io": 17600,
    "autoscaling": 17500,
    "batch": 17400,
    "certificates.k8s.io": 17300,
    "networking.k8s.io": 17200,
    "policy": 17100,
    "rbac.authorization.k8s.io": 17000,
    "storage.k8s.io": 16800,
    "apiextensions.k8s.io": 16700,
    "admissionregistration.k8s.io": 16700,
    "scheduling.k8s.io": 16600,
    "coordination.k8s.io": 16500,
    "node.k8s.io": 16300,
    "discovery.k8s.io": 16200,
    "resource.k8s.io": 16200,
    "flowcontrol.apiserver.k8s.io": 16100,
    "internal.apiserver.k8s.io": 16000,
    "storagemigration.k8s.io": 15800,
}
"""groupPriorityMinimum; a group that is not here is registered by nobody."""

STABLE, BETA, ALPHA = 15, 9, 1
VERSIONS: dict[tuple[str, str], int] = {
    ("", "v1"): 1,
    ("autoscaling", "v2"): 30,
    ("resource.k8s.io", "v1"): 21,
    ("resource.k8s.io", "v1beta2"): 15,
    ("flowcontrol.apiserver.k8s.io", "v1"): 21,
    ("flowcontrol.apiserver.k8s.io", "v1beta3"): 18,
    ("events.k8s.io", "v1beta1"): 5,
    ("admissionregistration.k8s.io", "v1beta1"): 12,
    ("admissionregistration.k8s.io", "v1alpha1"): 9,
    ("coordination.k8s.io", "v1beta1"): 13,
    ("coordination.k8s.io", "v1alpha2"): 12,
    ("discovery.k8s.io", "v1beta1"): 12,
}
"""versionPriority where it is not what the version's stage says."""

CUSTOM_GROUP, CUSTOM_VERSION = 1000, 100


def builtin(group: str, version: str) -> Object | None:
    """The APIService of a group and version of this server; None for one that is not registered."""
    if group not in GROUPS:
        return None
    stage = ALPHA if "alpha" in version else BETA if "beta" in version else STABLE
    return _row(group, version, GROUPS[group], VERSIONS.get((group, version), stage), ON_START)


def custom(group: str, version: str) -> Object:
    """The APIService of custom resources."""
    return _row(group, version, CUSTOM_GROUP, CUSTOM_VERSION, ALWAYS)


def _row(group: str, version: str, group_priority: int, version_priority: int, label: str) -> Object:
    spec = {"groupPriorityMinimum": group_priority, "version": version, "versionPriority": version_priority}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "APIService",
        "metadata": {"name": f"{version}.{group}", "labels": {AUTOMANAGED: label}},
        "spec": {"group": group, **spec} if group else spec,
    }
