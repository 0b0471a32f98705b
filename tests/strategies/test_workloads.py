"""Workloads are defaulted, prepared, converted and warned about as the original does it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from miniapi.errors import ApiError
from miniapi.meta import hpa
from miniapi.meta.objects import copy
from miniapi.meta.user import LOOPBACK
from miniapi.strategies import apps, autoscaling, batch, conversion, pod, pod_template, pod_warnings, scale
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.pod_disabled import drop_disabled

CTX = WriteContext(LOOPBACK, "ns", "a", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def pod_of(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "a"}, "spec": {"containers": list(containers), **spec}}


def created(strategy: Strategy, obj: dict[str, Any]) -> dict[str, Any]:
    strategy.default(obj)
    strategy.prepare_create(obj, CTX)
    return obj


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("x", "Always"), ("r:5000/x", "Always"), ("x:latest", "Always"), ("x:1.2", "IfNotPresent"),
        ("x@sha256:" + "a" * 64, "IfNotPresent"), ("x:latest@sha256:" + "a" * 64, "Always"), ("UPPER", "IfNotPresent"),
        ("", "IfNotPresent"),
    ],
)  # fmt: skip
def test_the_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    assert pod_template.default_pull_policy(image) == policy


def test_a_new_pod_is_pending_with_its_quality_of_service() -> None:
    limits = {"limits": {"cpu": "1", "memory": "1Gi"}}
    obj = created(pod.POD, pod_of({"name": "c", "image": "x", "resources": limits}) | {"status": {"phase": "Running"}})
    assert obj["status"] == {"phase": "Pending", "qosClass": "Guaranteed"}
    assert obj["spec"]["containers"][0]["resources"]["requests"] == limits["limits"]
    assert obj["spec"]["enableServiceLinks"] is True
    assert obj["spec"]["securityContext"] == {}


def test_requests_alone_make_a_pod_burstable_and_nothing_best_effort() -> None:
    some = created(pod.POD, pod_of({"name": "c", "image": "x", "resources": {"requests": {"cpu": "1"}}}))
    none = created(pod.POD, pod_of({"name": "c", "image": "x"}))
    assert (some["status"]["qosClass"], none["status"]["qosClass"]) == ("Burstable", "BestEffort")


def test_requests_of_the_pod_follow_its_limits() -> None:
    obj = created(pod.POD, pod_of({"name": "c", "image": "x"}, resources={"limits": {"cpu": "1", "memory": "1Gi"}}))
    assert obj["spec"]["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}
    assert obj["status"]["qosClass"] == "Guaranteed"


def test_a_gated_pod_is_not_scheduled_yet() -> None:
    obj = created(pod.POD, pod_of({"name": "c", "image": "x"}, schedulingGates=[{"name": "x.io/g"}]))
    assert obj["status"]["conditions"][0]["reason"] == "SchedulingGated"


def test_volumes_without_a_source_are_empty_directories() -> None:
    obj = created(pod.POD, pod_of({"name": "c", "image": "x"}, volumes=[{"name": "v"}, {"name": "s", "secret": {}}]))
    assert obj["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}, {"name": "s", "secret": {"defaultMode": 420}}]


@pytest.mark.parametrize(
    ("spec", "status", "asked", "seconds"),
    [
        ({"nodeName": "n", "terminationGracePeriodSeconds": 30}, {}, None, 30),
        ({"nodeName": "n", "terminationGracePeriodSeconds": 30}, {}, 5, 5),
        ({"nodeName": "n"}, {}, -3, 1),
        ({"terminationGracePeriodSeconds": 30}, {}, 20, 0),
        ({"nodeName": "n", "terminationGracePeriodSeconds": 30}, {"phase": "Failed"}, None, 0),
    ],
)
def test_only_pods_that_run_get_grace(
    spec: dict[str, Any], status: dict[str, Any], asked: int | None, seconds: int
) -> None:
    assert pod.POD.grace_seconds({"spec": spec, "status": status}, asked, CTX) == seconds


def test_a_pod_is_bound_once() -> None:
    obj = created(pod.POD, pod_of({"name": "c", "image": "x"}))
    pod.assign(obj, {"metadata": {"annotations": {"k": "v"}}, "target": {"name": "n1"}}, CTX)
    assert obj["spec"]["nodeName"] == "n1"
    assert obj["metadata"]["annotations"] == {"k": "v"}
    assert obj["status"]["conditions"][0]["type"] == "PodScheduled"
    with pytest.raises(ApiError, match='pods/binding "a": pod a is already assigned to node "n1"'):
        pod.assign(obj, {"target": {"name": "n2"}}, CTX)


def test_ephemeral_containers_change_nothing_else() -> None:
    old = created(pod.POD, pod_of({"name": "c", "image": "x"}))
    new = copy(old)
    new["spec"]["ephemeralContainers"] = [{"name": "e", "image": "y"}]
    new["spec"]["containers"][0]["image"] = "z"
    new["metadata"]["labels"] = {"a": "b"}
    pod.POD_EPHEMERAL_CONTAINERS.prepare_update(new, old, CTX)
    assert new["spec"]["containers"][0]["image"] == "x"
    assert new["spec"]["ephemeralContainers"] == [{"name": "e", "image": "y"}]
    assert "labels" not in new["metadata"]


def test_a_status_keeps_its_addresses_in_step() -> None:
    obj = {"metadata": {}, "spec": {}, "status": {"podIP": "1.2.3.4"}}
    pod.POD_STATUS.default(obj)
    assert obj["status"]["podIPs"] == [{"ip": "1.2.3.4"}]


def test_an_empty_deployment_gets_every_default() -> None:
    obj = created(apps.DEPLOYMENT, {"metadata": {}})
    spec = obj["spec"]
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (1, 10, 600)
    assert spec["template"]["spec"]["restartPolicy"] == "Always"


def test_a_daemon_set_counts_its_templates() -> None:
    old = created(apps.DAEMON_SET, {"metadata": {}})
    assert old["metadata"]["annotations"] == {apps.TEMPLATE_GENERATION: "1"}
    new = copy(old)
    new["metadata"]["annotations"] = {}
    new["spec"]["template"]["spec"]["hostNetwork"] = True
    apps.DAEMON_SET.prepare_update(new, old, CTX)
    assert new["metadata"]["annotations"] == {apps.TEMPLATE_GENERATION: "2"}


def test_a_deployment_status_keeps_labels_but_not_annotations() -> None:
    old = created(apps.DEPLOYMENT, {"metadata": {"labels": {"a": "b"}}})
    new = copy(old)
    new["metadata"] |= {"labels": {}, "annotations": {"n": "o"}}
    apps.DEPLOYMENT_STATUS.prepare_update(new, old, CTX)
    assert new["metadata"] == {"labels": {"a": "b"}, "annotations": {"n": "o"}}


def test_a_job_selects_its_pods_by_its_uid() -> None:
    obj = created(batch.JOB, {"metadata": {"name": "j", "uid": "u"}})
    assert "labels" not in obj["metadata"]
    batch.JOB.canonicalize(obj)
    labels = dict.fromkeys(("batch.kubernetes.io/controller-uid", "controller-uid"), "u")
    labels |= dict.fromkeys(("batch.kubernetes.io/job-name", "job-name"), "j")
    assert obj["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}}
    assert obj["spec"]["template"]["metadata"]["labels"] == obj["metadata"]["labels"] == labels
    assert (obj["spec"]["completions"], obj["spec"]["parallelism"], obj["spec"]["backoffLimit"]) == (1, 1, 6)


def test_an_indexed_job_with_a_limit_per_index_has_no_other_limit() -> None:
    spec = {"completionMode": "Indexed", "completions": 3, "backoffLimitPerIndex": 1, "podFailurePolicy": {"rules": []}}
    obj = created(batch.JOB, {"metadata": {"name": "j", "uid": "u"}, "spec": spec})
    assert obj["spec"]["backoffLimit"] == 2147483647
    assert obj["spec"]["podReplacementPolicy"] == "Failed"


def test_an_autoscaler_scales_by_cpu_where_nothing_is_said() -> None:
    v1 = created(autoscaling.HORIZONTAL_POD_AUTOSCALER, {"apiVersion": "autoscaling/v1", "metadata": {}})
    assert v1["spec"] == {"minReplicas": 1, "targetCPUUtilizationPercentage": 80}
    v2 = hpa.to_v2(v1)
    assert v2["spec"] == {"minReplicas": 1, "metrics": [hpa.cpu_metric(80)]}
    assert v2["status"] == {"desiredReplicas": 0, "currentMetrics": None}
    assert hpa.from_v2(v2) == v1


def test_what_autoscaling_v1_cannot_say_stands_in_annotations() -> None:
    metric = {
        "type": "Pods",
        "pods": {"metric": {"name": "qps"}, "target": {"type": "AverageValue", "averageValue": "9"}},
    }
    rules = {"selectPolicy": "Max", "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}
    v2 = {
        "apiVersion": "autoscaling/v2",
        "metadata": {},
        "spec": {"metrics": [metric], "behavior": {"scaleDown": rules}},
    }
    v1 = hpa.from_v2(v2)
    assert v1["metadata"]["annotations"] == {
        hpa.METRICS: '[{"type":"Pods","pods":{"metricName":"qps","targetAverageValue":"9"}}]',
        hpa.BEHAVIOR: '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max",'
        '"Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":60}],"Tolerance":null}}',
    }
    assert hpa.to_v2(v1)["spec"] == v2["spec"]


def test_a_scale_shows_its_selector_as_text_and_puts_replicas_back() -> None:
    selector = {
        "matchLabels": {"a": "b"},
        "matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["z", "y"]}],
    }
    obj = {"metadata": {"name": "d", "uid": "u"}, "spec": {"replicas": 2, "selector": selector}, "status": {}}
    shown = scale.to_scale(obj)
    assert shown["spec"] == {"replicas": 2}
    assert shown["status"] == {"replicas": 0, "selector": "a=b,x notin (y,z)"}
    scale.apply_scale(obj, {"metadata": {}, "spec": {"replicas": 0}}, "deployments", "apps")
    assert obj["spec"]["replicas"] == 0
    with pytest.raises(ApiError, match="Precondition failed: UID in precondition: other, UID in object meta: u"):
        scale.apply_scale(obj, {"metadata": {"uid": "other"}}, "deployments", "apps")


def test_events_read_the_same_in_both_groups() -> None:
    event = {
        "apiVersion": "events.k8s.io/v1",
        "note": "hello",
        "regarding": {"name": "p"},
        "eventTime": "t",
        "reportingController": "c",
        "reportingInstance": "i",
        "deprecatedSource": {},
        "deprecatedFirstTimestamp": None,
        "deprecatedLastTimestamp": None,
    }
    core = conversion.event_to_core(event)
    assert (core["message"], core["involvedObject"], core["reportingComponent"]) == ("hello", {"name": "p"}, "c")
    assert conversion.event_from_core(core) == event


def test_pods_are_warned_about_in_the_originals_order() -> None:
    container = {
        "name": "c",
        "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
        "resources": {"requests": {"memory": "100m"}},
        "ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "TCP"}],
    }
    obj = pod_of(container, nodeSelector={"beta.kubernetes.io/os": "linux"})
    assert pod_warnings.pod_warnings(obj) == [
        'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
        'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
        "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
    ]


def test_a_name_with_dots_is_warned_about() -> None:
    (warning,) = pod.POD.warnings_create({"metadata": {"name": "a.b"}, "spec": {}}, CTX)
    assert warning.startswith("metadata.name: this is used in the Pod's hostname")


def test_what_is_off_by_default_is_dropped_unless_it_was_there() -> None:
    spec: dict[str, Any] = {
        "schedulingGroup": {"podGroupName": "g"},
        "containers": [{"name": "c", "lifecycle": {"stopSignal": "SIGTERM"}}],
        "volumes": [{"projected": {"sources": [{"clusterTrustBundle": {"path": "p"}}]}}],
    }
    old = copy(spec)
    drop_disabled(spec, old)
    assert spec == old
    drop_disabled(spec, {})
    assert spec == {"containers": [{"name": "c"}], "volumes": [{"projected": {"sources": [{}]}}]}
