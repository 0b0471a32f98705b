"""Workloads are judged with the original's paths, types, values, words and order."""

from __future__ import annotations

import re
from typing import Any

import pytest

from miniapi.meta.objects import copy
from miniapi.validation import (
    autoscaling,
    container,
    controllerrevision,
    cron,
    cronjob,
    daemonset,
    deployment,
    job,
    pod,
    poddisruptionbudget,
    replicationcontroller,
    scale,
    statefulset,
    volumes,
)
from miniapi.validation.field import ErrorList

CONTAINER = {
    "name": "c",
    "image": "x:1",
    "imagePullPolicy": "IfNotPresent",
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "resources": {},
}
POD_SPEC = {
    "containers": [CONTAINER],
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "terminationGracePeriodSeconds": 30,
    "schedulerName": "default-scheduler",
    "securityContext": {},
}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": POD_SPEC}
SELECTOR = {"matchLabels": {"a": "b"}}


def told(errors: ErrorList) -> list[tuple[str, str]]:
    return [(e.path, e.message) for e in errors]


def pod_of(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "a"}, "spec": {**copy(POD_SPEC), **spec}}


def with_container(**fields: Any) -> dict[str, Any]:
    return pod_of(containers=[{**CONTAINER, **fields}], serviceAccountName="default")


def test_a_minimal_pod_is_good() -> None:
    assert pod.POD.create(pod_of()) == []
    assert pod.POD.update(pod_of(), pod_of()) == []


def test_volumes_and_mounts_refer_to_each_other() -> None:
    mounts = [
        {"name": "missing", "mountPath": "/a"},
        {"name": "v", "mountPath": "/b"},
        {"name": "v", "mountPath": "/b"},
    ]
    obj = with_container(volumeMounts=mounts)
    obj["spec"]["volumes"] = [
        {"name": "v", "emptyDir": {}},
        {"name": "v", "emptyDir": {}},
        {"name": "two", "emptyDir": {}, "hostPath": {"path": "/x"}},
    ]
    assert told(pod.POD.create(obj)) == [
        ("spec.volumes[1].name", 'Duplicate value: "v"'),
        ("spec.volumes[2].hostPath", "Forbidden: may not specify more than 1 volume type"),
        ("spec.containers[0].volumeMounts[0].name", 'Not found: "missing"'),
        ("spec.containers[0].volumeMounts[2].mountPath", 'Invalid value: "/b": must be unique'),
    ]


def test_environment_sources_are_judged() -> None:
    env = [
        {"name": "", "value": "x"},
        {"name": "B", "value": "x", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.phase"}}},
        {"name": "C", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nope"}}},
        {"name": "D", "valueFrom": {"secretKeyRef": {"name": "s"}}},
    ]
    errors = told(pod.POD.create(with_container(env=env)))
    assert [path for path, _ in errors] == [
        "spec.containers[0].env[0].name",
        "spec.containers[0].env[1].valueFrom.fieldRef.fieldPath",
        "spec.containers[0].env[1].valueFrom",
        "spec.containers[0].env[2].valueFrom.fieldRef.fieldPath",
        "spec.containers[0].env[3].valueFrom.secretKeyRef.key",
    ]
    assert errors[3][1].endswith("error converting fieldPath: field label not supported: spec.nope")


def test_a_bad_security_context_is_shown_by_its_internal_names() -> None:
    context = {"privileged": True, "allowPrivilegeEscalation": False, "runAsUser": -2}
    errors = told(pod.POD.create(with_container(securityContext=context)))
    assert errors[0][1] == "Invalid value: -2: must be between 0 and 2147483647, inclusive"
    assert errors[1][1].startswith('Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,')


@pytest.mark.parametrize(
    ("resources", "path", "words"),
    [
        ({"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}, "requests", "less than or equal to cpu limit of 1"),
        ({"requests": {"x.io/gpu": "1"}}, "limits", "Limit must be set for non overcommitable resources"),
        ({"limits": {"x.io/gpu": "500m"}}, "limits[x.io/gpu]", "must be an integer"),
        ({"limits": {"cpu": "-1"}}, "limits[cpu]", "must be greater than or equal to 0"),
        ({"limits": {"hugepages-2Mi": "2Mi"}}, "", "HugePages require cpu or memory"),
        (
            {"claims": [{"name": "x"}]},
            "claims[0]",
            "must be one of the names in pod.spec.resourceClaims which is empty",
        ),
    ],
)
def test_resources_are_judged(resources: dict[str, Any], path: str, words: str) -> None:
    (error,) = pod.POD.create(with_container(resources=resources))
    assert error.path == "spec.containers[0].resources" + (f".{path}" if path else "")
    assert words in error.message


def test_a_resource_that_nobody_knows_is_told_twice() -> None:
    errors = pod.POD.create(with_container(resources={"limits": {"bogus": "1"}}))
    assert [e.message.split(": ")[2] for e in errors] == [
        "must be a standard resource type or fully qualified",
        "must be a standard resource for containers",
    ]


def test_the_pod_spec_is_frozen_and_the_difference_shown() -> None:
    old, new = pod_of(), pod_of(restartPolicy="Never")
    (error,) = pod.POD.update(new, old)
    assert error.path == "spec"
    assert error.message.endswith(
        ' "EphemeralContainers": null,\n- "RestartPolicy": "Always",\n+ "RestartPolicy": "Never",\n'
        '  "TerminationGracePeriodSeconds": 30,\n  "ActiveDeadlineSeconds": null,\n  "DNSPolicy": "ClusterFirst",\n'
    )
    assert "\n@@ -" in error.message


def test_images_tolerations_and_deadlines_may_change() -> None:
    old = pod_of(tolerations=[{"key": "k", "operator": "Exists"}])
    new = copy(old)
    new["spec"]["containers"][0]["image"] = "x:2"
    new["spec"]["tolerations"].append({"key": "l", "operator": "Exists"})
    new["spec"]["activeDeadlineSeconds"] = 100
    assert pod.POD.update(new, old) == []
    longer = copy(new)
    longer["spec"]["activeDeadlineSeconds"] = 200
    assert told(pod.POD.update(longer, new)) == [
        ("spec.activeDeadlineSeconds", "Invalid value: 200: must be less than or equal to previous value")
    ]
    fewer = copy(new)
    fewer["spec"]["tolerations"] = []
    assert told(pod.POD.update(fewer, new)) == [
        ("spec.tolerations", "Forbidden: existing toleration can not be modified except its tolerationSeconds")
    ]


def test_containers_are_not_added_or_removed() -> None:
    new = pod_of(containers=[CONTAINER, {**CONTAINER, "name": "d"}])
    assert told(pod.POD.update(new, pod_of())) == [
        ("spec.containers", "Forbidden: pod updates may not add or remove containers")
    ]


def test_a_resize_keeps_the_quality_of_service() -> None:
    old = with_container(resources={"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}})
    old["status"] = {"qosClass": "Guaranteed"}
    new = copy(old)
    new["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "500m"
    assert told(pod.POD_RESIZE.update(new, old)) == [
        ("spec", 'Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing')
    ]


def test_a_finished_container_does_not_come_back() -> None:
    old, new = pod_of(restartPolicy="Never"), pod_of(restartPolicy="Never")
    old["status"] = {"containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": 0}}}]}
    new["status"] = {"containerStatuses": [{"name": "c", "state": {"running": {}}}]}
    assert told(pod.POD_STATUS.update(new, old)) == [
        ("status.containerStatuses[0].state", "Forbidden: may not be transitioned to non-terminated state")
    ]


def test_an_empty_deployment_lacks_selector_labels_and_containers() -> None:
    spec = {"template": {"spec": {**POD_SPEC, "containers": []}}, "strategy": {"type": "Recreate"}}
    assert told(deployment.DEPLOYMENT.create({"spec": spec})) == [
        ("spec.selector", "Required value"),
        ("spec.template.metadata.labels", "Invalid value: null: `selector` does not match template `labels`"),
        ("spec.template.spec.containers", "Required value"),
    ]


@pytest.mark.parametrize(
    ("rolling", "expected"),
    [
        ({"maxSurge": 0, "maxUnavailable": "0%"}, [("maxUnavailable", "may not be 0 when `maxSurge` is 0")]),
        (
            {"maxSurge": "x%", "maxUnavailable": "101%"},
            [("maxSurge", "regex used for validation"), ("maxUnavailable", "must not be greater than 100%")],
        ),
    ],
)
def test_rolling_updates_are_judged(rolling: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    errors = deployment.DEPLOYMENT.create({"spec": {"selector": SELECTOR, "template": TEMPLATE, "strategy": strategy}})
    assert [e.path for e in errors] == [f"spec.strategy.rollingUpdate.{name}" for name, _ in expected]
    assert all(words in e.message for e, (_, words) in zip(errors, expected, strict=True))


def test_a_selector_never_changes() -> None:
    old = {"spec": {"selector": SELECTOR, "template": TEMPLATE, "strategy": {"type": "Recreate"}}}
    new = copy(old)
    new["spec"]["selector"] = {"matchLabels": {"z": "z", "a": "b"}}
    new["spec"]["template"]["metadata"]["labels"] = {"a": "b", "z": "z"}
    assert told(deployment.DEPLOYMENT.update(new, old)) == [
        ("spec.selector", 'Invalid value: {"matchLabels":{"a":"b","z":"z"}}: field is immutable')
    ]


def test_a_daemon_set_surges_or_stops_but_not_both() -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
    obj = {"spec": {"selector": SELECTOR, "template": TEMPLATE, "updateStrategy": strategy}}
    assert told(daemonset.DAEMON_SET.create(obj)) == [
        (
            "spec.updateStrategy.rollingUpdate.maxSurge",
            "Invalid value: 1: may not be set when maxUnavailable is non-zero",
        )
    ]


CLAIM_SPEC = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


def test_a_stateful_set_mounts_the_claims_that_it_makes() -> None:
    mounted = {**CONTAINER, "volumeMounts": [{"name": "data", "mountPath": "/d"}]}
    spec = {
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "selector": SELECTOR,
        "template": {**TEMPLATE, "spec": {**POD_SPEC, "containers": [mounted]}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM_SPEC}],
    }
    old = {"spec": spec}
    assert statefulset.STATEFUL_SET.create(old) == []
    assert [e.path for e in statefulset.STATEFUL_SET.update({"spec": {**spec, "serviceName": "s"}}, old)] == ["spec"]
    assert statefulset.STATEFUL_SET.update({"spec": {**spec, "replicas": 4}}, old) == []


def test_a_replication_controller_needs_selector_and_template() -> None:
    assert told(replicationcontroller.REPLICATION_CONTROLLER.create({"spec": {"replicas": 1}})) == [
        ("spec.selector", "Required value"),
        ("spec.template", "Required value"),
    ]


def test_revisions_keep_their_data() -> None:
    old = {"revision": 1, "data": {"x": 1}}
    assert controllerrevision.CONTROLLER_REVISION.update({"revision": 2, "data": {"x": 1}}, old) == []
    assert [e.path for e in controllerrevision.CONTROLLER_REVISION.update({"data": {"x": 2}}, old)] == ["data"]


def job_of(**spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {**POD_SPEC, "restartPolicy": "Never"}}
    return {
        "metadata": {"name": "j", "uid": "u"},
        "spec": {"manualSelector": True, "selector": SELECTOR, "template": template, **spec},
    }


def test_a_job_restarts_on_failure_or_never() -> None:
    assert job.JOB.create(job_of()) == []
    assert told(job.JOB.create(job_of(template=TEMPLATE))) == [
        ("spec.template.spec.restartPolicy", 'Required value: valid values: "OnFailure", "Never"')
    ]


def test_a_failure_policy_says_when_and_what() -> None:
    policy = {"rules": [{"action": "FailJob"}, {"action": "", "onExitCodes": {"operator": "In", "values": [3, 0, 3]}}]}
    assert told(job.JOB.create(job_of(podFailurePolicy=policy))) == [
        (
            "spec.podFailurePolicy.rules[0]",
            "Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
        ),
        (
            "spec.podFailurePolicy.rules[1].action",
            'Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
        ),
        ("spec.podFailurePolicy.rules[1].onExitCodes.values[1]", "Invalid value: 0: must not be 0 for the In operator"),
        ("spec.podFailurePolicy.rules[1].onExitCodes.values[2]", "Duplicate value: 3"),
        ("spec.podFailurePolicy.rules[1].onExitCodes.values", "Invalid value: [3,0,3]: must be ordered"),
    ]


def test_a_suspended_job_may_move() -> None:
    old = job_of(suspend=True)
    old["status"] = {"conditions": [{"type": "Suspended", "status": "True"}]}
    new = copy(old)
    new["spec"]["template"]["spec"]["nodeSelector"] = {"a": "b"}
    assert job.JOB.update(new, old) == []
    running = copy(old)
    running["spec"]["suspend"] = False
    assert [e.path for e in job.JOB.update(new, running)] == ["spec.template"]


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("61 * * * *", "end of range (61) above maximum (59): 61"),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("@often", "unrecognized descriptor: @often"),
    ],
)
def test_bad_schedules_say_why(schedule: str, words: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(words) + "$"):
        cron.check_schedule(schedule)


@pytest.mark.parametrize("schedule", ["* * * * *", "*/5 1-3 * jan-mar mon,fri", "@hourly", "@every 1h30m", "0 0 ? * 0"])
def test_good_schedules_pass(schedule: str) -> None:
    cron.check_schedule(schedule)


def test_a_cron_job_leaves_selectors_to_its_jobs() -> None:
    inner = job_of()["spec"]
    obj = {
        "metadata": {"name": "a" * 53},
        "spec": {"schedule": "TZ=UTC 0 * * * *", "concurrencyPolicy": "Allow", "jobTemplate": {"spec": inner}},
    }
    assert told(cronjob.CRON_JOB.create(obj)) == [
        (
            "spec.schedule",
            'Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
        ),
        (
            "spec.jobTemplate.spec.selector",
            'Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
        ),
        ("spec.jobTemplate.spec.manualSelector", 'Unsupported value: true: supported values: "nil", "false"'),
        ("metadata.name", f'Invalid value: "{"a" * 53}": must be no more than 52 characters'),
    ]


def test_autoscalers_of_both_versions_are_judged_alike() -> None:
    target = {"kind": "Deployment", "name": "a/b"}
    v1 = {
        "apiVersion": "autoscaling/v1",
        "spec": {"minReplicas": 1, "targetCPUUtilizationPercentage": 0, "scaleTargetRef": target},
    }
    assert [e.path for e in autoscaling.HORIZONTAL_POD_AUTOSCALER.create(v1)] == [
        "spec.maxReplicas",
        "spec.maxReplicas",
        "spec.scaleTargetRef.name",
        "spec.scaleTargetRef.apiVersion",
        "spec.metrics[0].resource.target.averageUtilization",
    ]


def test_a_budget_has_one_bound() -> None:
    spec = {"minAvailable": 1, "maxUnavailable": "120%"}
    assert told(poddisruptionbudget.POD_DISRUPTION_BUDGET.create({"spec": spec})) == [
        (
            "spec",
            'Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"120%",'
            '"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
        ),
        ("spec.maxUnavailable", 'Invalid value: "120%": must not be greater than 100%'),
    ]


def test_a_scale_is_not_negative() -> None:
    assert told(scale.SCALE.update({"spec": {"replicas": -2}}, {})) == [
        ("spec.replicas", "Invalid value: -2: must be greater than or equal to 0")
    ]


@pytest.mark.parametrize(
    ("volume", "path", "words"),
    [
        ({}, "", "must specify a volume type"),
        ({"hostPath": {"path": "/a/../b"}}, "hostPath.path", "must not contain '..'"),
        ({"nfs": {"server": "s", "path": "p"}}, "nfs.path", "must be an absolute path"),
        ({"configMap": {"name": "m", "defaultMode": 4096}}, "configMap.defaultMode", "between 0 and 0777"),
        ({"csi": {"driver": "a_b"}}, "csi.driver", "RFC 1123 subdomain"),
        (
            {"secret": {"secretName": "s", "items": [{"key": "k", "path": "/x"}]}},
            "secret.items[0].path",
            "relative path",
        ),
        ({"projected": {"sources": [{"configMap": {}}]}}, "projected.sources[0].configMap.name", "Required value"),
    ],
)
def test_volume_sources_are_judged(volume: dict[str, Any], path: str, words: str) -> None:
    _, (error,) = volumes.volumes([{"name": "v", **volume}], "volumes")
    assert error.path == "volumes[0]" + (f".{path}" if path else "")
    assert words in error.message


def test_sidecars_have_probes_and_other_init_containers_do_not() -> None:
    probe = {"tcpSocket": {"port": 1}, "successThreshold": 1}
    around = container.Surroundings({}, (), "Always", 30, True)
    sidecar = {**CONTAINER, "name": "s", "restartPolicy": "Always", "livenessProbe": probe}
    assert container.init_containers([sidecar], [CONTAINER], "i", around) == []
    plain = {**CONTAINER, "name": "p", "livenessProbe": probe}
    assert told(container.init_containers([plain], [CONTAINER], "i", around)) == [
        ("i[0].livenessProbe", "Forbidden: may not be set for init containers without restartPolicy=Always")
    ]
