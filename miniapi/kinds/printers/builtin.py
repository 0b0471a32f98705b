"""Which function makes which kind's cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from miniapi.kinds.printers import core, platform, pods, workloads
from miniapi.meta import hpa
from miniapi.meta.objects import Object, copy
from miniapi.strategies.apps import TEMPLATE_GENERATION

Printing = Callable[[Object, datetime], list[Any]]

_POLICIES = "admissionregistration.k8s.io"
_FLOW = "flowcontrol.apiserver.k8s.io"
_RBAC = "rbac.authorization.k8s.io"

PRINTERS: Final[Mapping[tuple[str, str], Printing]] = {
    ("", "componentstatuses"): core.component_status,
    ("", "configmaps"): core.config_map,
    ("", "endpoints"): core.endpoints,
    ("", "events"): core.event,
    ("", "namespaces"): core.namespace,
    ("", "nodes"): core.node,
    ("", "persistentvolumeclaims"): platform.claim,
    ("", "persistentvolumes"): platform.volume,
    ("", "pods"): pods.pod,
    ("", "podtemplates"): workloads.pod_template,
    ("", "replicationcontrollers"): workloads.replication_controller,
    ("", "resourcequotas"): core.resource_quota,
    ("", "secrets"): core.secret,
    ("", "serviceaccounts"): core.aged,
    ("", "services"): core.service,
    ("apiregistration.k8s.io", "apiservices"): platform.api_service,
    ("apps", "controllerrevisions"): workloads.controller_revision,
    ("apps", "daemonsets"): workloads.daemon_set,
    ("apps", "deployments"): workloads.deployment,
    ("apps", "replicasets"): workloads.replica_set,
    ("apps", "statefulsets"): workloads.stateful_set,
    ("events.k8s.io", "events"): core.event,
    ("autoscaling", "horizontalpodautoscalers"): workloads.autoscaler,
    ("batch", "cronjobs"): workloads.cron_job,
    ("batch", "jobs"): workloads.job,
    ("certificates.k8s.io", "certificatesigningrequests"): platform.signing_request,
    ("networking.k8s.io", "ingressclasses"): core.ingress_class,
    ("networking.k8s.io", "ingresses"): core.ingress,
    ("networking.k8s.io", "ipaddresses"): core.ip_address,
    ("networking.k8s.io", "networkpolicies"): core.network_policy,
    ("networking.k8s.io", "servicecidrs"): core.service_cidr,
    ("policy", "poddisruptionbudgets"): workloads.disruption_budget,
    (_RBAC, "clusterrolebindings"): platform.binding,
    (_RBAC, "rolebindings"): platform.binding,
    ("storage.k8s.io", "csidrivers"): platform.csi_driver,
    ("storage.k8s.io", "csinodes"): platform.csi_node,
    ("storage.k8s.io", "storageclasses"): platform.storage_class,
    ("storage.k8s.io", "volumeattachments"): platform.attachment,
    ("storage.k8s.io", "volumeattributesclasses"): platform.attributes_class,
    (_POLICIES, "mutatingadmissionpolicies"): platform.policy("mutations"),
    (_POLICIES, "mutatingadmissionpolicybindings"): platform.policy_binding,
    (_POLICIES, "mutatingwebhookconfigurations"): platform.webhooks,
    (_POLICIES, "validatingadmissionpolicies"): platform.policy("validations"),
    (_POLICIES, "validatingadmissionpolicybindings"): platform.policy_binding,
    (_POLICIES, "validatingwebhookconfigurations"): platform.webhooks,
    ("scheduling.k8s.io", "priorityclasses"): platform.priority_class,
    ("coordination.k8s.io", "leases"): platform.lease,
    ("node.k8s.io", "runtimeclasses"): platform.runtime_class,
    ("discovery.k8s.io", "endpointslices"): core.endpoint_slice,
    ("resource.k8s.io", "deviceclasses"): core.aged,
    ("resource.k8s.io", "resourceclaims"): platform.resource_claim,
    ("resource.k8s.io", "resourceclaimtemplates"): core.aged,
    ("resource.k8s.io", "resourceslices"): platform.resource_slice,
    (_FLOW, "flowschemas"): platform.flow_schema,
    (_FLOW, "prioritylevelconfigurations"): platform.priority_level,
}


def _no_conditions(_obj: Object) -> list[dict[str, str]]:
    return []


CONDITIONS: Final[Mapping[tuple[str, str], Callable[[Object], list[dict[str, str]]]]] = {
    ("", "pods"): pods.conditions,
}
"""Which function makes the conditions of which kind's rows."""


def printing(group: str, plural: str) -> Printing:
    """The kind's cells, or name and creation time."""
    return PRINTERS.get((group, plural), core.created)


def _daemon_set(obj: Object) -> Object:
    meta = obj["metadata"]
    kept = {k: v for k, v in (meta.get("annotations") or {}).items() if k != TEMPLATE_GENERATION}
    others = {k: v for k, v in meta.items() if k != "annotations"}
    return {**obj, "metadata": {**others, "annotations": kept} if kept else others}


def _autoscaler(obj: Object) -> Object:
    """With the metric that v1 has a field for first, where it mostly is."""
    if obj.get("apiVersion") != "autoscaling/v1":
        return obj
    internal = hpa.to_v2(copy(obj))
    metrics = internal["spec"].get("metrics")
    if metrics and "targetCPUUtilizationPercentage" in obj["spec"]:
        metrics.insert(0, metrics.pop())
    return internal


INTERNAL: Final[Mapping[tuple[str, str], Callable[[Object], Object]]] = {
    ("apps", "daemonsets"): _daemon_set,
    ("autoscaling", "horizontalpodautoscalers"): _autoscaler,
}
"""Kinds whose internal version differs in what is printed."""


def _as_it_is(obj: Object) -> Object:
    return obj


def internal(group: str, plural: str) -> Callable[[Object], Object]:
    """From an object to what is printed of it."""
    return INTERNAL.get((group, plural), _as_it_is)


def row_conditions(group: str, plural: str) -> Callable[[Object], list[dict[str, str]]]:
    """The kind's row conditions, or none."""
    return CONDITIONS.get((group, plural), _no_conditions)
