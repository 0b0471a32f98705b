"""Which strategy belongs to which kind, for all but pods and what makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from miniapi.meta.deferred import deferred
from miniapi.strategies.interface import Strategy


def _of(module: str, name: str) -> Strategy:
    return deferred(Strategy, f"miniapi.strategies.{module}", name)


_ADMISSION = "admissionregistration.k8s.io"
_FLOW = "flowcontrol.apiserver.k8s.io"
_NETWORK = "networking.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_RESOURCE = "resource.k8s.io"
_STORAGE = "storage.k8s.io"

STRATEGIES: Final[Mapping[tuple[str, str], Strategy]] = {
    ("", "configmaps"): Strategy(),
    ("", "endpoints"): _of("networking", "ENDPOINTS"),
    ("", "events"): _of("event", "CORE"),
    ("", "limitranges"): _of("quota", "LIMIT_RANGE"),
    ("", "namespaces"): _of("namespace", "STRATEGY"),
    ("", "nodes"): _of("node", "STRATEGY"),
    ("", "persistentvolumeclaims"): _of("storage", "CLAIM"),
    ("", "persistentvolumes"): _of("storage", "VOLUME"),
    ("", "resourcequotas"): _of("quota", "QUOTA"),
    ("", "secrets"): _of("secret", "STRATEGY"),
    ("", "serviceaccounts"): _of("serviceaccount", "STRATEGY"),
    ("", "services"): _of("service", "STRATEGY"),
    (_ADMISSION, "mutatingadmissionpolicies"): _of("admission", "MUTATING_POLICY"),
    (_ADMISSION, "mutatingadmissionpolicybindings"): _of("admission", "BINDING"),
    (_ADMISSION, "mutatingwebhookconfigurations"): _of("admission", "MUTATING_WEBHOOK"),
    (_ADMISSION, "validatingadmissionpolicies"): _of("admission", "VALIDATING_POLICY"),
    (_ADMISSION, "validatingadmissionpolicybindings"): _of("admission", "BINDING"),
    (_ADMISSION, "validatingwebhookconfigurations"): _of("admission", "VALIDATING_WEBHOOK"),
    ("apiextensions.k8s.io", "customresourcedefinitions"): _of("customresourcedefinition", "STRATEGY"),
    ("apiregistration.k8s.io", "apiservices"): _of("apiservice", "STRATEGY"),
    ("certificates.k8s.io", "certificatesigningrequests"): _of("certificates", "STRATEGY"),
    ("coordination.k8s.io", "leases"): _of("lease", "STRATEGY"),
    ("discovery.k8s.io", "endpointslices"): _of("networking", "SLICE"),
    ("events.k8s.io", "events"): _of("event", "EVENTS"),
    (_FLOW, "flowschemas"): _of("flowcontrol", "SCHEMA"),
    (_FLOW, "prioritylevelconfigurations"): _of("flowcontrol", "LEVEL"),
    (_NETWORK, "ingressclasses"): _of("networking", "INGRESS_CLASS"),
    (_NETWORK, "ingresses"): _of("networking", "INGRESS"),
    (_NETWORK, "ipaddresses"): Strategy(),
    (_NETWORK, "networkpolicies"): _of("networking", "POLICY"),
    (_NETWORK, "servicecidrs"): _of("networking", "SERVICE_CIDR"),
    ("node.k8s.io", "runtimeclasses"): _of("node", "RUNTIME_CLASS"),
    (_RBAC, "clusterrolebindings"): _of("rbac", "BINDING"),
    (_RBAC, "clusterroles"): _of("rbac", "ROLE"),
    (_RBAC, "rolebindings"): _of("rbac", "BINDING"),
    (_RBAC, "roles"): _of("rbac", "ROLE"),
    (_RESOURCE, "deviceclasses"): _of("resource", "CLASS"),
    (_RESOURCE, "resourceclaims"): _of("resource", "CLAIM"),
    (_RESOURCE, "resourceclaimtemplates"): _of("resource", "TEMPLATE"),
    (_RESOURCE, "resourceslices"): _of("resource", "SLICE"),
    ("scheduling.k8s.io", "priorityclasses"): _of("quota", "PRIORITY_CLASS"),
    (_STORAGE, "csidrivers"): _of("storage", "DRIVER"),
    (_STORAGE, "csinodes"): _of("storage", "NODE"),
    (_STORAGE, "csistoragecapacities"): _of("storage", "CAPACITY"),
    (_STORAGE, "storageclasses"): _of("storage", "CLASS"),
    (_STORAGE, "volumeattachments"): _of("storage", "ATTACHMENT"),
    (_STORAGE, "volumeattributesclasses"): _of("storage", "ATTRIBUTES_CLASS"),
}

SUBRESOURCE_STRATEGIES: Final[Mapping[tuple[str, str, str], Strategy]] = {
    ("", "namespaces", "finalize"): _of("namespace", "FINALIZE"),
    ("", "namespaces", "status"): _of("namespace", "STATUS"),
    ("", "nodes", "status"): _of("node", "STATUS"),
    ("", "persistentvolumeclaims", "status"): _of("storage", "CLAIM_STATUS"),
    ("", "persistentvolumes", "status"): _of("storage", "VOLUME_STATUS"),
    ("", "resourcequotas", "status"): _of("status", "STATUS"),
    ("", "services", "status"): _of("service", "STATUS"),
    (_ADMISSION, "validatingadmissionpolicies", "status"): _of("status", "STATUS_ONLY"),
    ("apiextensions.k8s.io", "customresourcedefinitions", "status"): _of("customresourcedefinition", "STATUS_STRATEGY"),
    ("apiregistration.k8s.io", "apiservices", "status"): _of("status", "STATUS_ONLY"),
    ("certificates.k8s.io", "certificatesigningrequests", "approval"): _of("certificates", "APPROVAL"),
    ("certificates.k8s.io", "certificatesigningrequests", "status"): _of("certificates", "STATUS"),
    (_FLOW, "flowschemas", "status"): _of("status", "STATUS_ONLY"),
    (_FLOW, "prioritylevelconfigurations", "status"): _of("status", "STATUS_ONLY"),
    (_NETWORK, "ingresses", "status"): _of("networking", "INGRESS_STATUS"),
    (_NETWORK, "servicecidrs", "status"): _of("status", "STATUS_ONLY"),
    (_RESOURCE, "resourceclaims", "status"): _of("status", "STATUS_ONLY"),
    (_STORAGE, "volumeattachments", "status"): _of("storage", "ATTACHMENT_STATUS"),
}
