"""Plugins that are off unless asked for, and the small ones that are on."""

from typing import Any

import pytest

from miniapi.admission.plugins.always_deny import AlwaysDeny
from miniapi.admission.plugins.always_pull_images import AlwaysPullImages
from miniapi.admission.plugins.cluster_trust_bundle_attest import ClusterTrustBundleAttest
from miniapi.admission.plugins.default_ingress_class import DefaultIngressClass
from miniapi.admission.plugins.deny_service_external_ips import DenyServiceExternalIPs
from miniapi.admission.plugins.event_rate_limit import EventRateLimit, Limit
from miniapi.admission.plugins.extended_resource_toleration import ExtendedResourceToleration
from miniapi.admission.plugins.limit_pod_hard_anti_affinity_topology import LimitPodHardAntiAffinityTopology
from miniapi.admission.plugins.namespace_auto_provision import NamespaceAutoProvision
from miniapi.admission.plugins.namespace_exists import NamespaceExists
from miniapi.admission.plugins.owner_references_permission_enforcement import OwnerReferencesPermissionEnforcement
from miniapi.admission.plugins.pod_node_selector import PodNodeSelector
from miniapi.admission.plugins.pod_resize_validator import PodResizeValidator
from miniapi.admission.plugins.pod_toleration_restriction import PodTolerationRestriction
from miniapi.admission.plugins.pod_topology_labels import PodTopologyLabels
from miniapi.errors import ApiError
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from tests.admission.world import POD, World, attributes, kind, pod, run

CONFIG_MAP = kind("configmaps", "ConfigMap")
SERVICE = kind("services", "Service")
EVENT = kind("events", "Event")
INGRESS = kind("ingresses", "Ingress", "networking.k8s.io")


async def refused(plugin: Any, *of: Any, **more: Any) -> str:
    with pytest.raises(ApiError) as raised:
        await run(plugin, attributes(*of, **more))
    return raised.value.message


async def test_always_deny_refuses() -> None:
    message = await refused(AlwaysDeny(), CONFIG_MAP, {"metadata": {"name": "a"}})
    assert message == 'configmaps "a" is forbidden: admission control is denying all modifications'


async def test_images_are_always_pulled_but_an_update_without_new_images_keeps_its_policy() -> None:
    made = pod()
    await run(AlwaysPullImages(), attributes(POD, made))
    assert made["spec"]["containers"][0]["imagePullPolicy"] == "Always"
    old = pod()
    await run(AlwaysPullImages(), attributes(POD, pod(), old))
    assert "imagePullPolicy" not in old["spec"]["containers"][0]


async def test_a_missing_namespace_is_made_or_missed() -> None:
    world = World()
    assert await refused(NamespaceExists(world), CONFIG_MAP, {"metadata": {"name": "a"}}) == 'namespaces "ns" not found'
    await run(NamespaceAutoProvision(world, world), attributes(CONFIG_MAP, {"metadata": {"name": "a"}}, dry_run=True))
    assert world.writes == 0
    await run(NamespaceAutoProvision(world, world), attributes(CONFIG_MAP, {"metadata": {"name": "a"}}))
    await run(NamespaceExists(world), attributes(CONFIG_MAP, {"metadata": {"name": "a"}}))


async def test_required_anti_affinity_is_by_host_alone() -> None:
    terms = [{"topologyKey": "zone"}]
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    message = await refused(LimitPodHardAntiAffinityTopology(), POD, pod(affinity=affinity))
    assert message.endswith("has TopologyKey zone but only key kubernetes.io/hostname is allowed")


async def test_a_pod_that_asks_for_a_device_tolerates_its_taint() -> None:
    made = pod()
    made["spec"]["containers"][0]["resources"] = {"requests": {"example.com/gpu": "1", "cpu": "1"}}
    await run(ExtendedResourceToleration(), attributes(POD, made))
    assert made["spec"]["tolerations"] == [{"key": "example.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


async def test_external_addresses_may_stay_but_not_come() -> None:
    new: Object = {"metadata": {"name": "s"}, "spec": {"externalIPs": ["1.1.1.1"]}}
    assert "Use of external IPs is denied" in await refused(DenyServiceExternalIPs(), SERVICE, new)
    await run(DenyServiceExternalIPs(), attributes(SERVICE, new, new))


async def test_the_newest_default_class_becomes_the_ingress_s() -> None:
    world = World()
    default = {"metadata": {"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}}}
    world.add("networking.k8s.io", "ingressclasses", "old", {**default, "metadata": dict(default["metadata"])})
    newer = world.add("networking.k8s.io", "ingressclasses", "new", {"metadata": dict(default["metadata"])})
    newer["metadata"]["creationTimestamp"] = "2026-02-01T00:00:00Z"
    made: Object = {"metadata": {"name": "i"}, "spec": {}}
    await run(DefaultIngressClass(world), attributes(INGRESS, made))
    assert made["spec"]["ingressClassName"] == "new"
    annotated: Object = {"metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "x"}}, "spec": {}}
    await run(DefaultIngressClass(world), attributes(INGRESS, annotated))
    assert annotated["spec"] == {}


async def test_a_flood_of_events_is_cut_per_namespace_and_refills_with_time() -> None:
    now = [0.0]
    plugin = EventRateLimit([Limit("Namespace", 1.0, 2)], lambda: now[0])
    event: Object = {"metadata": {"name": "e"}}
    await run(plugin, attributes(EVENT, event))
    await run(plugin, attributes(EVENT, event))
    message = await refused(plugin, EVENT, event)
    assert message == "Too many requests: limit reached on type Namespace for key ns"
    now[0] = 1.0
    await run(plugin, attributes(EVENT, event))


def owned(block: bool) -> Object:
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u", "blockOwnerDeletion": block}
    return {"metadata": {"name": "a", "ownerReferences": [owner]}}


async def test_owners_are_set_by_those_who_may_delete_and_finalize() -> None:
    world = World()
    plugin = OwnerReferencesPermissionEnforcement(world, {GroupVersionKind("", "v1", "Pod"): POD}.get)
    assert "cannot set an ownerRef on a resource you can't delete: , <nil>" in await refused(
        plugin, CONFIG_MAP, owned(False)
    )
    world.allowed.add(("delete", "configmaps", "a"))
    await run(plugin, attributes(CONFIG_MAP, owned(False)))
    assert "a resource you can't set finalizers on" in await refused(plugin, CONFIG_MAP, owned(True))
    world.allowed.add(("update", "pods/finalizers", "p"))
    await run(plugin, attributes(CONFIG_MAP, owned(True)))


async def test_the_namespace_s_node_selector_is_merged_and_conflicts_are_refused() -> None:
    world = World()
    annotation = {"scheduler.alpha.kubernetes.io/node-selector": "env=prod"}
    world.add("", "namespaces", "ns", {"metadata": {"annotations": annotation}})
    plugin = PodNodeSelector(world, {"ns": "env=prod,disk=ssd"})
    made = pod(nodeSelector={"disk": "ssd"})
    await run(plugin, attributes(POD, made))
    assert made["spec"]["nodeSelector"] == {"env": "prod", "disk": "ssd"}
    assert "conflicts with its namespace node label selector" in await refused(
        plugin, POD, pod(nodeSelector={"env": "dev"})
    )
    assert "conflict with its namespace whitelist" in await refused(plugin, POD, pod(nodeSelector={"x": "y"}))


async def test_tolerations_follow_the_namespace_then_the_cluster() -> None:
    world = World()
    namespace = world.add("", "namespaces", "ns")
    cluster = {"key": "c", "operator": "Exists"}
    plugin = PodTolerationRestriction(world, [cluster], [])
    made = pod()
    await run(plugin, attributes(POD, made))
    assert made["spec"]["tolerations"] == [cluster]
    namespace["metadata"]["annotations"] = {
        "scheduler.alpha.kubernetes.io/defaultTolerations": "[]",
        "scheduler.alpha.kubernetes.io/tolerationsWhitelist": '[{"key": "k"}]',
    }
    assert "conflict with its namespace whitelist" in await refused(plugin, POD, pod(tolerations=[{"key": "z"}]))


async def test_a_binding_and_a_pod_on_a_node_get_its_zone() -> None:
    world = World()
    world.add("", "nodes", "n", {"metadata": {"labels": {"topology.kubernetes.io/zone": "z", "other": "o"}}})
    binding: Object = {"metadata": {"name": "a"}, "target": {"kind": "Node", "name": "n"}}
    await run(PodTopologyLabels(world), attributes(POD, binding, subresource="binding"))
    made = pod(nodeName="n")
    await run(PodTopologyLabels(world), attributes(POD, made))
    assert binding["metadata"]["labels"] == made["metadata"]["labels"] == {"topology.kubernetes.io/zone": "z"}


async def test_a_pod_does_not_outgrow_its_node() -> None:
    world = World()
    labels = {"metadata": {"labels": {"kubernetes.io/os": "linux"}}}
    world.add("", "nodes", "n", {**labels, "status": {"allocatable": {"cpu": "1", "memory": "1Gi"}}})
    old, new = pod(nodeName="n"), pod(nodeName="n")
    new["metadata"]["generation"] = 2
    new["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "2"}}
    message = await refused(PodResizeValidator(world), POD, new, old, subresource="resize")
    assert message.endswith("Node didn't have enough allocatable resources: cpu, requested: 2000, allocatable: 1000")


async def test_a_bundle_of_a_signer_needs_the_right_to_attest() -> None:
    world, bundles = World(), kind("clustertrustbundles", "ClusterTrustBundle", "certificates.k8s.io", namespaced=False)
    bundle: Object = {"metadata": {"name": "b"}, "spec": {"signerName": "example.com/a"}}
    message = await refused(ClusterTrustBundleAttest(world), bundles, bundle)
    assert message.endswith('user not permitted to attest for signerName "example.com/a"')
    world.allowed.add(("attest", "signers", "example.com/*"))
    await run(ClusterTrustBundleAttest(world), attributes(bundles, bundle))
