"""Which rules belong to which kind, for all but pods and what makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from miniapi.meta import names
from miniapi.meta.deferred import deferred
from miniapi.validation.interface import Validation


def _of(module: str, name: str) -> Validation:
    return deferred(Validation, f"miniapi.validation.{module}", name)


_ADMISSION = "admissionregistration.k8s.io"
_FLOW = "flowcontrol.apiserver.k8s.io"
_NETWORK = "networking.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_RESOURCE = "resource.k8s.io"
_STORAGE = "storage.k8s.io"

VALIDATIONS: Final[Mapping[tuple[str, str], Validation]] = {
    ("", "configmaps"): _of("configmap", "VALIDATION"),
    ("", "endpoints"): _of("endpoints", "VALIDATION"),
    ("", "events"): _of("event", "CORE"),
    ("", "limitranges"): _of("limitrange", "VALIDATION"),
    ("", "namespaces"): _of("namespace", "VALIDATION"),
    ("", "nodes"): _of("node", "VALIDATION"),
    ("", "persistentvolumeclaims"): _of("persistentvolumeclaim", "VALIDATION"),
    ("", "persistentvolumes"): _of("persistentvolume", "VALIDATION"),
    ("", "resourcequotas"): _of("resourcequota", "VALIDATION"),
    ("", "secrets"): _of("secret", "VALIDATION"),
    ("", "serviceaccounts"): Validation(name=names.name_is_dns_subdomain, update_metadata=("changed", "whole")),
    ("", "services"): _of("service", "VALIDATION"),
    (_ADMISSION, "mutatingadmissionpolicies"): _of("admissionpolicy", "MUTATING"),
    (_ADMISSION, "mutatingadmissionpolicybindings"): _of("admissionpolicy", "MUTATING_BINDING"),
    (_ADMISSION, "mutatingwebhookconfigurations"): _of("webhook", "VALIDATION"),
    (_ADMISSION, "validatingadmissionpolicies"): _of("admissionpolicy", "VALIDATING"),
    (_ADMISSION, "validatingadmissionpolicybindings"): _of("admissionpolicy", "VALIDATING_BINDING"),
    (_ADMISSION, "validatingwebhookconfigurations"): _of("webhook", "VALIDATION"),
    ("apiextensions.k8s.io", "customresourcedefinitions"): _of("customresourcedefinition", "VALIDATION"),
    ("apiregistration.k8s.io", "apiservices"): _of("apiservice", "VALIDATION"),
    ("certificates.k8s.io", "certificatesigningrequests"): _of("certificatesigningrequest", "VALIDATION"),
    ("coordination.k8s.io", "leases"): _of("lease", "VALIDATION"),
    ("discovery.k8s.io", "endpointslices"): _of("endpointslice", "VALIDATION"),
    ("events.k8s.io", "events"): _of("event", "EVENTS"),
    (_FLOW, "flowschemas"): _of("flowcontrol", "SCHEMA"),
    (_FLOW, "prioritylevelconfigurations"): _of("flowcontrol", "LEVEL"),
    (_NETWORK, "ingressclasses"): _of("ingress", "CLASS"),
    (_NETWORK, "ingresses"): _of("ingress", "VALIDATION"),
    (_NETWORK, "ipaddresses"): _of("ipaddress", "VALIDATION"),
    (_NETWORK, "networkpolicies"): _of("networkpolicy", "VALIDATION"),
    (_NETWORK, "servicecidrs"): _of("ipaddress", "SERVICE_CIDR"),
    ("node.k8s.io", "runtimeclasses"): _of("runtimeclass", "VALIDATION"),
    (_RBAC, "clusterrolebindings"): _of("rbac", "CLUSTER_ROLE_BINDING"),
    (_RBAC, "clusterroles"): _of("rbac", "CLUSTER_ROLE"),
    (_RBAC, "rolebindings"): _of("rbac", "ROLE_BINDING"),
    (_RBAC, "roles"): _of("rbac", "ROLE"),
    (_RESOURCE, "deviceclasses"): _of("resource", "CLASS"),
    (_RESOURCE, "resourceclaims"): _of("resource", "CLAIM"),
    (_RESOURCE, "resourceclaimtemplates"): _of("resource", "TEMPLATE"),
    (_RESOURCE, "resourceslices"): _of("resourceslice", "VALIDATION"),
    ("scheduling.k8s.io", "priorityclasses"): _of("priorityclass", "VALIDATION"),
    (_STORAGE, "csidrivers"): _of("storage", "DRIVER"),
    (_STORAGE, "csinodes"): _of("storage", "NODE"),
    (_STORAGE, "csistoragecapacities"): _of("storage", "CAPACITY"),
    (_STORAGE, "storageclasses"): _of("storage", "CLASS"),
    (_STORAGE, "volumeattachments"): _of("storage", "ATTACHMENT"),
    (_STORAGE, "volumeattributesclasses"): _of("storage", "ATTRIBUTES_CLASS"),
}

SUBRESOURCE_VALIDATIONS: Final[Mapping[tuple[str, str, str], Validation]] = {
    ("", "namespaces", "finalize"): _of("namespace", "FINALIZE"),
    ("", "namespaces", "status"): _of("namespace", "STATUS"),
    ("", "nodes", "status"): _of("node", "STATUS"),
    ("", "persistentvolumeclaims", "status"): _of("persistentvolumeclaim", "STATUS"),
    ("", "persistentvolumes", "status"): Validation(),
    ("", "resourcequotas", "status"): _of("resourcequota", "STATUS"),
    ("", "services", "status"): _of("service", "STATUS"),
    (_ADMISSION, "validatingadmissionpolicies", "status"): _of("admissionpolicy", "STATUS"),
    ("apiextensions.k8s.io", "customresourcedefinitions", "status"): _of("customresourcedefinition", "STATUS"),
    ("apiregistration.k8s.io", "apiservices", "status"): _of("apiservice", "STATUS"),
    ("certificates.k8s.io", "certificatesigningrequests", "approval"): _of("certificatesigningrequest", "APPROVAL"),
    ("certificates.k8s.io", "certificatesigningrequests", "status"): _of("certificatesigningrequest", "STATUS"),
    (_FLOW, "flowschemas", "status"): _of("flowcontrol", "STATUS"),
    (_FLOW, "prioritylevelconfigurations", "status"): _of("flowcontrol", "STATUS"),
    (_NETWORK, "ingresses", "status"): _of("ingress", "STATUS"),
    (_NETWORK, "servicecidrs", "status"): Validation(),
    (_RESOURCE, "resourceclaims", "status"): _of("resource", "CLAIM_STATUS"),
    (_STORAGE, "volumeattachments", "status"): _of("storage", "ATTACHMENT_STATUS"),
}
