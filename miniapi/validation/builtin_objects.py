"""Which rules belong to which kind, for all but pods and what makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from miniapi.meta import names
from miniapi.validation import (
    admissionpolicy,
    apiservice,
    certificatesigningrequest,
    configmap,
    customresourcedefinition,
    endpoints,
    endpointslice,
    event,
    flowcontrol,
    ingress,
    ipaddress,
    lease,
    limitrange,
    namespace,
    networkpolicy,
    node,
    persistentvolume,
    persistentvolumeclaim,
    priorityclass,
    rbac,
    resource,
    resourcequota,
    resourceslice,
    runtimeclass,
    secret,
    service,
    storage,
    webhook,
)
from miniapi.validation.interface import Validation

_ADMISSION = "admissionregistration.k8s.io"
_FLOW = "flowcontrol.apiserver.k8s.io"
_NETWORK = "networking.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_RESOURCE = "resource.k8s.io"
_STORAGE = "storage.k8s.io"

VALIDATIONS: Final[Mapping[tuple[str, str], Validation]] = {
    ("", "configmaps"): configmap.VALIDATION,
    ("", "endpoints"): endpoints.VALIDATION,
    ("", "events"): event.CORE,
    ("", "limitranges"): limitrange.VALIDATION,
    ("", "namespaces"): namespace.VALIDATION,
    ("", "nodes"): node.VALIDATION,
    ("", "persistentvolumeclaims"): persistentvolumeclaim.VALIDATION,
    ("", "persistentvolumes"): persistentvolume.VALIDATION,
    ("", "resourcequotas"): resourcequota.VALIDATION,
    ("", "secrets"): secret.VALIDATION,
    ("", "serviceaccounts"): Validation(name=names.name_is_dns_subdomain, update_metadata=("changed", "whole")),
    ("", "services"): service.VALIDATION,
    (_ADMISSION, "mutatingadmissionpolicies"): admissionpolicy.MUTATING,
    (_ADMISSION, "mutatingadmissionpolicybindings"): admissionpolicy.MUTATING_BINDING,
    (_ADMISSION, "mutatingwebhookconfigurations"): webhook.VALIDATION,
    (_ADMISSION, "validatingadmissionpolicies"): admissionpolicy.VALIDATING,
    (_ADMISSION, "validatingadmissionpolicybindings"): admissionpolicy.VALIDATING_BINDING,
    (_ADMISSION, "validatingwebhookconfigurations"): webhook.VALIDATION,
    ("apiextensions.k8s.io", "customresourcedefinitions"): customresourcedefinition.VALIDATION,
    ("apiregistration.k8s.io", "apiservices"): apiservice.VALIDATION,
    ("certificates.k8s.io", "certificatesigningrequests"): certificatesigningrequest.VALIDATION,
    ("coordination.k8s.io", "leases"): lease.VALIDATION,
    ("discovery.k8s.io", "endpointslices"): endpointslice.VALIDATION,
    ("events.k8s.io", "events"): event.EVENTS,
    (_FLOW, "flowschemas"): flowcontrol.SCHEMA,
    (_FLOW, "prioritylevelconfigurations"): flowcontrol.LEVEL,
    (_NETWORK, "ingressclasses"): ingress.CLASS,
    (_NETWORK, "ingresses"): ingress.VALIDATION,
    (_NETWORK, "ipaddresses"): ipaddress.VALIDATION,
    (_NETWORK, "networkpolicies"): networkpolicy.VALIDATION,
    (_NETWORK, "servicecidrs"): ipaddress.SERVICE_CIDR,
    ("node.k8s.io", "runtimeclasses"): runtimeclass.VALIDATION,
    (_RBAC, "clusterrolebindings"): rbac.CLUSTER_ROLE_BINDING,
    (_RBAC, "clusterroles"): rbac.CLUSTER_ROLE,
    (_RBAC, "rolebindings"): rbac.ROLE_BINDING,
    (_RBAC, "roles"): rbac.ROLE,
    (_RESOURCE, "deviceclasses"): resource.CLASS,
    (_RESOURCE, "resourceclaims"): resource.CLAIM,
    (_RESOURCE, "resourceclaimtemplates"): resource.TEMPLATE,
    (_RESOURCE, "resourceslices"): resourceslice.VALIDATION,
    ("scheduling.k8s.io", "priorityclasses"): priorityclass.VALIDATION,
    (_STORAGE, "csidrivers"): storage.DRIVER,
    (_STORAGE, "csinodes"): storage.NODE,
    (_STORAGE, "csistoragecapacities"): storage.CAPACITY,
    (_STORAGE, "storageclasses"): storage.CLASS,
    (_STORAGE, "volumeattachments"): storage.ATTACHMENT,
    (_STORAGE, "volumeattributesclasses"): storage.ATTRIBUTES_CLASS,
}

SUBRESOURCE_VALIDATIONS: Final[Mapping[tuple[str, str, str], Validation]] = {
    ("", "namespaces", "finalize"): namespace.FINALIZE,
    ("", "namespaces", "status"): namespace.STATUS,
    ("", "nodes", "status"): node.STATUS,
    ("", "persistentvolumeclaims", "status"): persistentvolumeclaim.STATUS,
    ("", "persistentvolumes", "status"): Validation(),
    ("", "resourcequotas", "status"): resourcequota.STATUS,
    ("", "services", "status"): service.STATUS,
    (_ADMISSION, "validatingadmissionpolicies", "status"): admissionpolicy.STATUS,
    ("apiextensions.k8s.io", "customresourcedefinitions", "status"): customresourcedefinition.STATUS,
    ("apiregistration.k8s.io", "apiservices", "status"): apiservice.STATUS,
    ("certificates.k8s.io", "certificatesigningrequests", "approval"): certificatesigningrequest.APPROVAL,
    ("certificates.k8s.io", "certificatesigningrequests", "status"): certificatesigningrequest.STATUS,
    (_FLOW, "flowschemas", "status"): flowcontrol.STATUS,
    (_FLOW, "prioritylevelconfigurations", "status"): flowcontrol.STATUS,
    (_NETWORK, "ingresses", "status"): ingress.STATUS,
    (_NETWORK, "servicecidrs", "status"): Validation(),
    (_RESOURCE, "resourceclaims", "status"): resource.CLAIM_STATUS,
    (_STORAGE, "volumeattachments", "status"): storage.ATTACHMENT_STATUS,
}
