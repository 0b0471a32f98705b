"""What clients are warned of, in the original's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from miniapi.meta.user import LOOPBACK
from miniapi.strategies import pod
from miniapi.strategies.builtin import STRATEGIES
from miniapi.strategies.interface import WriteContext

CTX = WriteContext(LOOPBACK, "ns", "a", datetime(2026, 1, 1, tzinfo=UTC))
C = {"name": "c", "image": "x"}


def projected(*sources: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"containers": [C], "volumes": [{"name": "v", "projected": {"sources": list(sources)}}]}}


def secret(name: str, path: str) -> dict[str, Any]:
    return {"secret": {"name": name, "items": [{"key": "k", "path": path}]}}


@pytest.mark.parametrize(
    ("group", "plural", "obj", "told"),
    [
        ("", "pods", {"spec": {"containers": [{**C, "ports": [
            {"containerPort": 1, "name": "p"}, {"containerPort": 2, "name": "p"}]}]}},
         ['spec.containers[0].ports[1]: duplicate port name "p" with spec.containers[0].ports[0], services and probes '
          "that select ports by name will use spec.containers[0].ports[0]"]),
        ("", "pods", projected(secret("s", "a"), {"serviceAccountToken": {"path": "a/b"}}, {}),
         ['volume "v" (Projected) has no sources provided',
          'volume "v" (Projected): overlapping paths: "a/b" (ServiceAccountToken) with "a" (Secret "s")']),
        ("", "pods", {"spec": {"containers": [C], "volumes": [{"name": "v", "storageos": {}}]}},
         ["spec.volumes[0].storageOS: deprecated in v1.22, non-functional in v1.25+"]),
        ("", "resourcequotas", {"spec": {"hard": {"requests.cpu": "2", "limits.cpu": "1"}}},
         ["ResourceQuota requests.cpu (2) should be less than limits.cpu (1)"]),
        ("", "secrets", {"type": "kubernetes.io/tls", "data": {"tls.crt": "", "tls.key": ""}},
         ["tls: failed to find any PEM data in certificate input"]),
        ("", "persistentvolumes", {"spec": {"persistentVolumeReclaimPolicy": "Recycle", "rbd": {}}},
         ["spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended "
          "approach is to use dynamic provisioning.",
          "spec.rbd: deprecated in v1.28, non-functional in v1.31+"]),
        ("", "persistentvolumeclaims", {"spec": {"resources": {"requests": {"storage": "100m"}}}},
         ['spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer']),
        ("", "services", {"spec": {"type": "ClusterIP", "clusterIP": "10.0.0.1", "externalIPs": ["1.2.3.4"]}},
         ["spec.externalIPs is deprecated and may no longer be implemented in some clusters"]),
        ("", "nodes", {"spec": {"podCIDRs": ["10.0.0.1/24"], "externalID": "x"}},
         ["spec.externalID: this field is deprecated, and is unused by Kubernetes",
          'spec.podCIDRs[0]: CIDR value "10.0.0.1/24" is ambiguous in this context '
          '(should be "10.0.0.0/24" or "10.0.0.1/32"?)']),
        ("discovery.k8s.io", "endpointslices", {"addressType": "FQDN"},
         ["spec.addressType: FQDN endpoints are deprecated"]),
        ("storage.k8s.io", "csidrivers", {"spec": {"tokenRequests": [{"audience": ""}]}},
         ["spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent "
          "possible logging of tokens in volume attributes"]),
        ("storage.k8s.io", "storageclasses",
         {"allowedTopologies": [{"matchLabelExpressions": [{"key": "beta.kubernetes.io/os"}]}]},
         ["allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.14; "
          'use "kubernetes.io/os" instead']),
        ("node.k8s.io", "runtimeclasses", {"scheduling": {"nodeSelector": {"node-role.kubernetes.io/master": ""}}},
         ['scheduling.nodeSelector: use "node-role.kubernetes.io/control-plane" instead']),
        ("apiextensions.k8s.io", "customresourcedefinitions", {"spec": {"versions": [{"schema": {"openAPIV3Schema": {
            "type": "object", "format": "byte", "properties": {
                "a": {"type": "string", "format": "date-time"}, "b": {"type": "integer", "format": "int64"},
                "c": {"type": "array", "items": {"type": "integer", "format": "uint32"}},
                "d": {"type": "string", "format": "uint32"}, "e": {"format": "quantity"}}}}}]}},
         ['unrecognized format "byte"', 'unrecognized format "uint32"']),
    ],
)  # fmt: skip
def test_on_creation(group: str, plural: str, obj: dict[str, Any], told: list[str]) -> None:
    obj = {"metadata": {"name": "a"}, **obj}
    assert STRATEGIES[group, plural].warnings_create(obj, CTX) == told


def test_an_app_armor_annotation_becomes_a_field_and_a_warning() -> None:
    told: list[str] = []
    ctx = WriteContext(LOOPBACK, "ns", "a", datetime(2026, 1, 1, tzinfo=UTC), warn=told.append)
    key = "container.apparmor.security.beta.kubernetes.io/c"
    obj = {"metadata": {"name": "a", "annotations": {key: "localhost/p"}}, "spec": {"containers": [dict(C)]}}
    pod.POD.prepare_create(obj, ctx)
    profile = {"type": "Localhost", "localhostProfile": "p"}
    assert obj["spec"]["containers"][0]["securityContext"] == {"appArmorProfile": profile}
    assert told == [f'metadata.annotations[{key}]: deprecated since v1.30; use the "appArmorProfile" field instead']


def test_a_negative_grace_period_of_a_pod_is_one_second() -> None:
    obj = {"metadata": {"name": "a"}, "spec": {"containers": [dict(C)], "terminationGracePeriodSeconds": -5}}
    pod.POD.default(obj)
    assert obj["spec"]["terminationGracePeriodSeconds"] == 1


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ({"kind": "PersistentVolumeClaim", "name": "x"}, True),
        ({"kind": "VolumeSnapshot", "apiGroup": "snapshot.storage.k8s.io", "name": "x"}, True),
        ({"kind": "Odd", "name": "x"}, False),
    ],
)
def test_other_data_sources_are_dropped(source: dict[str, Any], kept: bool) -> None:
    obj: dict[str, Any] = {"metadata": {"name": "a"}, "spec": {"dataSource": source}}
    STRATEGIES["", "persistentvolumeclaims"].prepare_create(obj, CTX)
    assert ("dataSource" in obj["spec"], "dataSourceRef" in obj["spec"]) == (kept, kept)
