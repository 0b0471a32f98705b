"""Which strategy belongs to which workload kind, by (group, plural) and (group, plural, subresource)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from miniapi.strategies.apps import (
    CONTROLLER_REVISION,
    DAEMON_SET,
    DAEMON_SET_STATUS,
    DEPLOYMENT,
    DEPLOYMENT_STATUS,
    REPLICA_SET,
    REPLICA_SET_STATUS,
    REPLICATION_CONTROLLER,
    REPLICATION_CONTROLLER_STATUS,
    STATEFUL_SET,
    STATEFUL_SET_STATUS,
)
from miniapi.strategies.autoscaling import HORIZONTAL_POD_AUTOSCALER, HORIZONTAL_POD_AUTOSCALER_STATUS
from miniapi.strategies.batch import CRON_JOB, CRON_JOB_STATUS, JOB, JOB_STATUS
from miniapi.strategies.interface import Strategy
from miniapi.strategies.pod import POD, POD_EPHEMERAL_CONTAINERS, POD_RESIZE, POD_STATUS
from miniapi.strategies.pod_disabled import dropping
from miniapi.strategies.pod_template import POD_TEMPLATE
from miniapi.strategies.poddisruptionbudget import POD_DISRUPTION_BUDGET, POD_DISRUPTION_BUDGET_STATUS

_TEMPLATE = ("spec", "template", "spec")

STRATEGIES: Final[Mapping[tuple[str, str], Strategy]] = {
    ("", "pods"): dropping(POD, "spec"),
    ("", "podtemplates"): dropping(POD_TEMPLATE, "template", "spec"),
    ("", "replicationcontrollers"): dropping(REPLICATION_CONTROLLER, *_TEMPLATE),
    ("apps", "controllerrevisions"): CONTROLLER_REVISION,
    ("apps", "daemonsets"): dropping(DAEMON_SET, *_TEMPLATE),
    ("apps", "deployments"): dropping(DEPLOYMENT, *_TEMPLATE),
    ("apps", "replicasets"): dropping(REPLICA_SET, *_TEMPLATE),
    ("apps", "statefulsets"): dropping(STATEFUL_SET, *_TEMPLATE),
    ("autoscaling", "horizontalpodautoscalers"): HORIZONTAL_POD_AUTOSCALER,
    ("batch", "cronjobs"): dropping(CRON_JOB, "spec", "jobTemplate", *_TEMPLATE),
    ("batch", "jobs"): dropping(JOB, *_TEMPLATE),
    ("policy", "poddisruptionbudgets"): POD_DISRUPTION_BUDGET,
}

SUBRESOURCE_STRATEGIES: Final[Mapping[tuple[str, str, str], Strategy]] = {
    ("", "pods", "status"): POD_STATUS,
    ("", "pods", "ephemeralcontainers"): POD_EPHEMERAL_CONTAINERS,
    ("", "pods", "resize"): POD_RESIZE,
    ("", "replicationcontrollers", "status"): REPLICATION_CONTROLLER_STATUS,
    ("apps", "daemonsets", "status"): DAEMON_SET_STATUS,
    ("apps", "deployments", "status"): DEPLOYMENT_STATUS,
    ("apps", "replicasets", "status"): REPLICA_SET_STATUS,
    ("apps", "statefulsets", "status"): STATEFUL_SET_STATUS,
    ("autoscaling", "horizontalpodautoscalers", "status"): HORIZONTAL_POD_AUTOSCALER_STATUS,
    ("batch", "cronjobs", "status"): CRON_JOB_STATUS,
    ("batch", "jobs", "status"): JOB_STATUS,
    ("policy", "poddisruptionbudgets", "status"): POD_DISRUPTION_BUDGET_STATUS,
}
