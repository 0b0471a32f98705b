"""Which validation belongs to which workload kind, by (group, plural) and (group, plural, subresource)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from miniapi.validation.autoscaling import HORIZONTAL_POD_AUTOSCALER, HORIZONTAL_POD_AUTOSCALER_STATUS
from miniapi.validation.controllerrevision import CONTROLLER_REVISION
from miniapi.validation.cronjob import CRON_JOB, CRON_JOB_STATUS
from miniapi.validation.daemonset import DAEMON_SET, DAEMON_SET_STATUS
from miniapi.validation.deployment import DEPLOYMENT, DEPLOYMENT_STATUS
from miniapi.validation.interface import Validation
from miniapi.validation.job import JOB
from miniapi.validation.job_status import JOB_STATUS
from miniapi.validation.pod import POD, POD_EPHEMERAL_CONTAINERS, POD_RESIZE, POD_STATUS
from miniapi.validation.pod_template import POD_TEMPLATE
from miniapi.validation.poddisruptionbudget import POD_DISRUPTION_BUDGET, POD_DISRUPTION_BUDGET_STATUS
from miniapi.validation.replicaset import REPLICA_SET, REPLICA_SET_STATUS
from miniapi.validation.replicationcontroller import REPLICATION_CONTROLLER, REPLICATION_CONTROLLER_STATUS
from miniapi.validation.scale import SCALE
from miniapi.validation.statefulset import STATEFUL_SET, STATEFUL_SET_STATUS

VALIDATIONS: Final[Mapping[tuple[str, str], Validation]] = {
    ("", "pods"): POD,
    ("", "podtemplates"): POD_TEMPLATE,
    ("", "replicationcontrollers"): REPLICATION_CONTROLLER,
    ("apps", "controllerrevisions"): CONTROLLER_REVISION,
    ("apps", "daemonsets"): DAEMON_SET,
    ("apps", "deployments"): DEPLOYMENT,
    ("apps", "replicasets"): REPLICA_SET,
    ("apps", "statefulsets"): STATEFUL_SET,
    ("autoscaling", "horizontalpodautoscalers"): HORIZONTAL_POD_AUTOSCALER,
    ("batch", "cronjobs"): CRON_JOB,
    ("batch", "jobs"): JOB,
    ("policy", "poddisruptionbudgets"): POD_DISRUPTION_BUDGET,
}

SUBRESOURCE_VALIDATIONS: Final[Mapping[tuple[str, str, str], Validation]] = {
    ("", "pods", "status"): POD_STATUS,
    ("", "pods", "ephemeralcontainers"): POD_EPHEMERAL_CONTAINERS,
    ("", "pods", "resize"): POD_RESIZE,
    ("", "replicationcontrollers", "status"): REPLICATION_CONTROLLER_STATUS,
    ("", "replicationcontrollers", "scale"): SCALE,
    ("apps", "daemonsets", "status"): DAEMON_SET_STATUS,
    ("apps", "deployments", "status"): DEPLOYMENT_STATUS,
    ("apps", "deployments", "scale"): SCALE,
    ("apps", "replicasets", "status"): REPLICA_SET_STATUS,
    ("apps", "replicasets", "scale"): SCALE,
    ("apps", "statefulsets", "status"): STATEFUL_SET_STATUS,
    ("apps", "statefulsets", "scale"): SCALE,
    ("autoscaling", "horizontalpodautoscalers", "status"): HORIZONTAL_POD_AUTOSCALER_STATUS,
    ("batch", "cronjobs", "status"): CRON_JOB_STATUS,
    ("batch", "jobs", "status"): JOB_STATUS,
    ("policy", "poddisruptionbudgets", "status"): POD_DISRUPTION_BUDGET_STATUS,
}
