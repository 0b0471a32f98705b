"""Which validation belongs to which workload kind, by (group, plural) and (group, plural, subresource)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from miniapi.meta.deferred import deferred
from miniapi.validation.interface import Validation


def _of(module: str, name: str) -> Validation:
    return deferred(Validation, f"miniapi.validation.{module}", name)


VALIDATIONS: Final[Mapping[tuple[str, str], Validation]] = {
    ("", "pods"): _of("pod", "POD"),
    ("", "podtemplates"): _of("pod_template", "POD_TEMPLATE"),
    ("", "replicationcontrollers"): _of("replicationcontroller", "REPLICATION_CONTROLLER"),
    ("apps", "controllerrevisions"): _of("controllerrevision", "CONTROLLER_REVISION"),
    ("apps", "daemonsets"): _of("daemonset", "DAEMON_SET"),
    ("apps", "deployments"): _of("deployment", "DEPLOYMENT"),
    ("apps", "replicasets"): _of("replicaset", "REPLICA_SET"),
    ("apps", "statefulsets"): _of("statefulset", "STATEFUL_SET"),
    ("autoscaling", "horizontalpodautoscalers"): _of("autoscaling", "HORIZONTAL_POD_AUTOSCALER"),
    ("batch", "cronjobs"): _of("cronjob", "CRON_JOB"),
    ("batch", "jobs"): _of("job", "JOB"),
    ("policy", "poddisruptionbudgets"): _of("poddisruptionbudget", "POD_DISRUPTION_BUDGET"),
}

SUBRESOURCE_VALIDATIONS: Final[Mapping[tuple[str, str, str], Validation]] = {
    ("", "pods", "status"): _of("pod", "POD_STATUS"),
    ("", "pods", "ephemeralcontainers"): _of("pod", "POD_EPHEMERAL_CONTAINERS"),
    ("", "pods", "resize"): _of("pod", "POD_RESIZE"),
    ("", "replicationcontrollers", "status"): _of("replicationcontroller", "REPLICATION_CONTROLLER_STATUS"),
    ("", "replicationcontrollers", "scale"): _of("scale", "SCALE"),
    ("apps", "daemonsets", "status"): _of("daemonset", "DAEMON_SET_STATUS"),
    ("apps", "deployments", "status"): _of("deployment", "DEPLOYMENT_STATUS"),
    ("apps", "deployments", "scale"): _of("scale", "SCALE"),
    ("apps", "replicasets", "status"): _of("replicaset", "REPLICA_SET_STATUS"),
    ("apps", "replicasets", "scale"): _of("scale", "SCALE"),
    ("apps", "statefulsets", "status"): _of("statefulset", "STATEFUL_SET_STATUS"),
    ("apps", "statefulsets", "scale"): _of("scale", "SCALE"),
    ("autoscaling", "horizontalpodautoscalers", "status"): _of("autoscaling", "HORIZONTAL_POD_AUTOSCALER_STATUS"),
    ("batch", "cronjobs", "status"): _of("cronjob", "CRON_JOB_STATUS"),
    ("batch", "jobs", "status"): _of("job_status", "JOB_STATUS"),
    ("policy", "poddisruptionbudgets", "status"): _of("poddisruptionbudget", "POD_DISRUPTION_BUDGET_STATUS"),
}
