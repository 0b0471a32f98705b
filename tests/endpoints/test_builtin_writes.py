"""Built-in kinds through their whole chain of writes: what the server keeps, drops and says of them."""

import pytest

from miniapi.meta import hpa
from tests.endpoints.world import APPLY, CONFIG_MAPS, config_map

POD = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
PODS = "/api/v1/namespaces/ns/pods"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


def pod(**spec):
    return {**POD, "spec": {**POD["spec"], **spec}}


@pytest.mark.parametrize(
    ("name", "value"), [("deletionTimestamp", "2026-01-01T00:00:00Z"), ("deletionGracePeriodSeconds", 0)]
)
async def test_an_update_cannot_mark_for_deletion_and_the_time_of_creation_stays(world, name, value):
    _, made = await world.told("POST", CONFIG_MAPS, config_map())
    meta = {"name": "a", "creationTimestamp": "2020-01-01T00:00:00Z"}
    _, put = await world.told("PUT", CONFIG_MAPS + "/a", {**config_map(), "metadata": meta})
    assert put["metadata"]["creationTimestamp"] == made["metadata"]["creationTimestamp"]
    status, told = await world.told("PUT", CONFIG_MAPS + "/a", {**config_map(), "metadata": {**meta, name: value}})
    assert (status, told["details"]["causes"][0]["field"]) == (422, f"metadata.{name}")


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        ({"volumes": [{"name": "v", "emptyDir": []}]}, "Volume.spec.volumes.VolumeSource.emptyDir"),
        (
            {"ephemeralContainers": [{"name": [], "image": "i"}]},
            "EphemeralContainer.spec.ephemeralContainers.EphemeralContainerCommon.name",
        ),
    ],
)
async def test_what_does_not_fit_an_embedded_struct_is_told_with_its_name(world, spec, where):
    _, told = await world.told("POST", PODS, pod(**spec))
    assert f"json: cannot unmarshal array into Go struct field {where} of type" in told["message"]


async def test_grpc_probes_name_a_service_be_it_empty(world):
    probed = {"name": "c", "image": "i", "livenessProbe": {"grpc": {"port": 5}}}
    _, made = await world.told("POST", PODS, pod(containers=[probed]))
    assert made["spec"]["containers"][0]["livenessProbe"]["grpc"] == {"port": 5, "service": ""}


@pytest.mark.parametrize(("characters", "policy"), [(247, "Always"), (248, "IfNotPresent")])
async def test_a_name_too_long_for_an_image_is_none(world, characters, policy):
    _, made = await world.told("POST", PODS, pod(containers=[{"name": "c", "image": "x" * characters}]))
    assert made["spec"]["containers"][0]["imagePullPolicy"] == policy


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ({"containerStatuses": [{"user": {"linux": {"uid": -1}}}]}, "containerStatuses[0].user.linux.uid"),
        (
            {"ephemeralContainerStatuses": [{"allocatedResourcesStatus": [{"name": "x"}]}]},
            "ephemeralContainerStatuses[0].allocatedResourcesStatus",
        ),
        (
            {"containerStatuses": [{"name": "c", "allocatedResourcesStatus": [{"name": "claim:x"}]}]},
            "containerStatuses[0].allocatedResourcesStatus[0].name",
        ),
        (
            {"containerStatuses": [{"allocatedResourcesStatus": [{"resources": [{"resourceID": "a"}]}]}]},
            "containerStatuses[0].allocatedResourcesStatus[0].resources[0].health",
        ),
        ({"extendedResourceClaimStatus": {}}, "extendedResourceClaimStatus.requestMappings"),
        (
            {"extendedResourceClaimStatus": {"requestMappings": [{"containerName": "c", "requestName": "r"}]}},
            "extendedResourceClaimStatus.requestMappings[0].resourceName",
        ),
    ],
)
async def test_what_a_node_reports_of_containers_is_judged(world, status, cause):
    await world.ask("POST", PODS, POD)
    code, told = await world.told("PUT", PODS + "/p/status", {**POD, "status": status})
    assert (code, told["details"]["causes"][0]["field"]) == (422, f"status.{cause}")


async def test_what_a_feature_that_is_off_would_report_is_dropped(world):
    await world.ask("POST", PODS, POD)
    mount = {"name": "v", "mountPath": "/v", "volumeStatus": {"image": {"imageRef": "r"}}}
    status = {"containerStatuses": [{"volumeMounts": [mount]}], "nodeAllocatableResourceClaimStatuses": [{}]}
    _, put = await world.told("PUT", PODS + "/p/status", {**POD, "status": status})
    assert "volumeStatus" not in put["status"]["containerStatuses"][0]["volumeMounts"][0]
    assert "nodeAllocatableResourceClaimStatuses" not in put["status"]


async def test_slices_keep_a_protocol_that_is_empty_and_drop_what_v1beta1_had(world):
    endpoint = {"addresses": ["10.0.0.1"], "deprecatedTopology": {"a b": "c d"}}
    body = {"metadata": {"name": "s"}, "addressType": "IPv4", "endpoints": [endpoint], "ports": [{"port": 1}]}
    _, made = await world.told("POST", SLICES, body)
    assert (made["endpoints"], made["ports"][0]["protocol"]) == ([{"addresses": ["10.0.0.1"], "conditions": {}}], "TCP")
    status, told = await world.told("PUT", SLICES + "/s", {**body, "addressType": "", "ports": [{"protocol": ""}]})
    causes = [(c["field"], c["message"].split(":")[0]) for c in told["details"]["causes"]]
    assert status == 422
    assert causes[:2] == [("addressType", "Required value"), ("ports[0].protocol", "Unsupported value")]
    assert causes[-1] == ("addressType", "Invalid value")


def test_v1_tells_of_the_use_of_cpu_in_an_annotation_too():
    autoscaler = {"status": {"currentCPUUtilizationPercentage": 7}}
    hpa.annotate_current(autoscaler)
    assert '"currentAverageUtilization":7' in autoscaler["metadata"]["annotations"][hpa.STATUSES]


async def test_repeated_owners_are_told_of_before_the_version_is_looked_at(world):
    await world.ask("POST", CONFIG_MAPS, config_map())
    meta = {"name": "a", "resourceVersion": "999", "ownerReferences": [{}, {}]}
    reply = await world.ask("PUT", CONFIG_MAPS + "/a", {**config_map(), "metadata": meta})
    assert (reply.status, [k for k, _ in reply.headers if k == "Warning"]) == (409, ["Warning"])


@pytest.mark.parametrize(
    ("containers", "field"),
    [
        ([{"name": "c", "image": "i"}, {"name": "d", "image": "i"}], "spec.containers"),
        ([{"name": "d", "image": "i"}], "spec.containers[0].name"),
    ],
)
async def test_a_resize_has_the_containers_that_there_are(world, containers, field):
    await world.ask("POST", PODS, POD)
    code, told = await world.told("PUT", PODS + "/p/resize", pod(containers=containers))
    assert (code, [c["field"] for c in told["details"]["causes"]]) == (422, [field])


@pytest.mark.parametrize(
    ("method", "content_type", "body"),
    [
        ("PUT", "", {**config_map(), "metadata": {"name": "a", "managedFields": []}}),
        ("PATCH", "application/merge-patch+json", {"metadata": {"managedFields": []}}),
        ("PATCH", "application/strategic-merge-patch+json", {"metadata": {"managedFields": []}}),
    ],
)
async def test_an_empty_list_of_managers_forgets_them_all(world, method, content_type, body):
    _, made = await world.told("POST", CONFIG_MAPS, config_map(data={"k": "v"}))
    assert made["metadata"]["managedFields"]
    status, told = await world.told(method, CONFIG_MAPS + "/a", body, content_type)
    assert (status, "managedFields" in told["metadata"]) == (200, False)


async def test_a_version_that_is_none_is_told_also_where_nothing_is_yet(world):
    lease = {"metadata": {"name": "a", "resourceVersion": "abc"}}
    status, told = await world.told("PUT", "/apis/coordination.k8s.io/v1/namespaces/ns/leases/a", lease)
    assert (status, told["message"]) == (500, 'strconv.ParseUint: parsing "abc": invalid syntax')


@pytest.mark.parametrize(("given", "missed"), [("name", "name"), ("namespace", "namespace")])
async def test_webhooks_miss_the_name_of_a_service_where_its_namespace_is_not_set(world, given, missed):
    hook = {"name": "a.b.c", "admissionReviewVersions": ["v1"], "sideEffects": "None"}
    hooks = {"metadata": {"name": "a"}, "webhooks": [{**hook, "clientConfig": {"service": {given: "x"}}}]}
    _, told = await world.told("POST", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", hooks)
    (cause,) = told["details"]["causes"]
    assert cause["field"] == f"webhooks[0].clientConfig.service.{missed}"


ACCOUNTS = "/api/v1/namespaces/ns/serviceaccounts"


async def test_where_items_cannot_be_told_from_each_other_nobody_owns_anything(world):
    _, made = await world.told("POST", ACCOUNTS, {"metadata": {"name": "a"}, "secrets": [{"kind": "x"}]})
    assert "managedFields" not in made["metadata"]
    _, made = await world.told("POST", ACCOUNTS, {"metadata": {"name": "b"}, "secrets": [{"name": "x"}]})
    assert "managedFields" in made["metadata"]
    body = {"metadata": {"name": "b"}, "secrets": [{"kind": "x"}]}
    _, told = await world.told("PUT", ACCOUNTS + "/b?fieldManager=other", body)
    assert "managedFields" not in told["metadata"]


async def test_an_apply_tells_which_items_there_cannot_be_told_from_each_other(world):
    await world.told("POST", ACCOUNTS, {"metadata": {"name": "a"}, "secrets": [{"kind": "x"}]})
    config = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a", "labels": {"x": "y"}}}
    status, told = await world.told("PATCH", ACCOUNTS + "/a?fieldManager=m", config, APPLY)
    assert status == 500
    assert told["message"].startswith(
        "failed to create manager for existing fields: failed to convert new object (ns/a; /v1, Kind=ServiceAccount) "
        "to smd typed: .secrets: element 0: associative list with keys has an element that omits all key fields"
    )


async def test_a_reference_without_a_name_is_named_by_nothing(world):
    _, made = await world.told("POST", PODS, pod(imagePullSecrets=[{}]))
    (entry,) = made["metadata"]["managedFields"]
    assert entry["fieldsV1"]["f:spec"]["f:imagePullSecrets"] == {".": {}, 'k:{"name":""}': {}}


async def test_who_leaves_one_of_two_alike_owns_it(world):
    _, made = await world.told("POST", CONFIG_MAPS, config_map(data={"k": "v"}))
    for finalizers in (["x.io/f", "x.io/f"], ["x.io/f"]):
        patch = {"metadata": {"finalizers": finalizers}}
        _, made = await world.told("PATCH", CONFIG_MAPS + "/a", patch, "application/merge-patch+json")
    (entry,) = made["metadata"]["managedFields"]
    assert entry["fieldsV1"]["f:metadata"]["f:finalizers"] == {".": {}, 'v:"x.io/f"': {}}
