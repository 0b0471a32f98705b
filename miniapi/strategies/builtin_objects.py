"""Which strategy belongs to which kind, for all but pods and what makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from miniapi.meta.objects import Object
from miniapi.strategies import (
    admission,
    apiservice,
    certificates,
    customresourcedefinition,
    event,
    flowcontrol,
    lease,
    namespace,
    networking,
    node,
    quota,
    rbac,
    resource,
    secret,
    service,
    serviceaccount,
    status,
    storage,
)
from miniapi.strategies.interface import Strategy

_ADMISSION = "admissionregistration.k8s.io"
_FLOW = "flowcontrol.apiserver.k8s.io"
_NETWORK = "networking.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_RESOURCE = "resource.k8s.io"
_STORAGE = "storage.k8s.io"

STRATEGIES: Final[Mapping[tuple[str, str], Strategy]] = {
    ("", "configmaps"): Strategy(),
    ("", "endpoints"): networking.ENDPOINTS,
    ("", "events"): event.CORE,
    ("", "limitranges"): quota.LIMIT_RANGE,
    ("", "namespaces"): namespace.STRATEGY,
    ("", "nodes"): node.STRATEGY,
    ("", "persistentvolumeclaims"): storage.CLAIM,
    ("", "persistentvolumes"): storage.VOLUME,
    ("", "resourcequotas"): quota.QUOTA,
    ("", "secrets"): secret.STRATEGY,
    ("", "serviceaccounts"): serviceaccount.STRATEGY,
    ("", "services"): service.STRATEGY,
    (_ADMISSION, "mutatingadmissionpolicies"): admission.MUTATING_POLICY,
    (_ADMISSION, "mutatingadmissionpolicybindings"): admission.BINDING,
    (_ADMISSION, "mutatingwebhookconfigurations"): admission.MUTATING_WEBHOOK,
    (_ADMISSION, "validatingadmissionpolicies"): admission.VALIDATING_POLICY,
    (_ADMISSION, "validatingadmissionpolicybindings"): admission.BINDING,
    (_ADMISSION, "validatingwebhookconfigurations"): admission.VALIDATING_WEBHOOK,
    ("apiextensions.k8s.io", "customresourcedefinitions"): customresourcedefinition.STRATEGY,
    ("apiregistration.k8s.io", "apiservices"): apiservice.STRATEGY,
    ("certificates.k8s.io", "certificatesigningrequests"): certificates.STRATEGY,
    ("coordination.k8s.io", "leases"): lease.STRATEGY,
    ("discovery.k8s.io", "endpointslices"): networking.SLICE,
    ("events.k8s.io", "events"): event.EVENTS,
    (_FLOW, "flowschemas"): flowcontrol.SCHEMA,
    (_FLOW, "prioritylevelconfigurations"): flowcontrol.LEVEL,
    (_NETWORK, "ingressclasses"): networking.INGRESS_CLASS,
    (_NETWORK, "ingresses"): networking.INGRESS,
    (_NETWORK, "ipaddresses"): Strategy(),
    (_NETWORK, "networkpolicies"): networking.POLICY,
    (_NETWORK, "servicecidrs"): networking.SERVICE_CIDR,
    ("node.k8s.io", "runtimeclasses"): Strategy(
        allow_unconditional_update=False,
        allow_create_on_update=True,
        warnings_create=node.runtime_class_warnings,
        warnings_update=lambda obj, _old, ctx: node.runtime_class_warnings(obj, ctx),
    ),
    (_RBAC, "clusterrolebindings"): rbac.BINDING,
    (_RBAC, "clusterroles"): rbac.ROLE,
    (_RBAC, "rolebindings"): rbac.BINDING,
    (_RBAC, "roles"): rbac.ROLE,
    (_RESOURCE, "deviceclasses"): resource.CLASS,
    (_RESOURCE, "resourceclaims"): resource.CLAIM,
    (_RESOURCE, "resourceclaimtemplates"): resource.TEMPLATE,
    (_RESOURCE, "resourceslices"): resource.SLICE,
    ("scheduling.k8s.io", "priorityclasses"): quota.PRIORITY_CLASS,
    (_STORAGE, "csidrivers"): storage.DRIVER,
    (_STORAGE, "csinodes"): storage.NODE,
    (_STORAGE, "csistoragecapacities"): storage.CAPACITY,
    (_STORAGE, "storageclasses"): storage.CLASS,
    (_STORAGE, "volumeattachments"): storage.ATTACHMENT,
    (_STORAGE, "volumeattributesclasses"): storage.ATTRIBUTES_CLASS,
}

SUBRESOURCE_STRATEGIES: Final[Mapping[tuple[str, str, str], Strategy]] = {
    ("", "namespaces", "finalize"): namespace.FINALIZE,
    ("", "namespaces", "status"): namespace.STATUS,
    ("", "nodes", "status"): node.STATUS,
    ("", "persistentvolumeclaims", "status"): storage.CLAIM_STATUS,
    ("", "persistentvolumes", "status"): storage.VOLUME_STATUS,
    ("", "resourcequotas", "status"): status.STATUS,
    ("", "services", "status"): service.STATUS,
    (_ADMISSION, "validatingadmissionpolicies", "status"): status.STATUS_ONLY,
    ("apiextensions.k8s.io", "customresourcedefinitions", "status"): customresourcedefinition.STATUS_STRATEGY,
    ("apiregistration.k8s.io", "apiservices", "status"): status.STATUS_ONLY,
    ("certificates.k8s.io", "certificatesigningrequests", "approval"): certificates.APPROVAL,
    ("certificates.k8s.io", "certificatesigningrequests", "status"): certificates.STATUS,
    (_FLOW, "flowschemas", "status"): status.STATUS_ONLY,
    (_FLOW, "prioritylevelconfigurations", "status"): status.STATUS_ONLY,
    (_NETWORK, "ingresses", "status"): networking.INGRESS_STATUS,
    (_NETWORK, "servicecidrs", "status"): status.STATUS,
    (_RESOURCE, "resourceclaims", "status"): status.STATUS_ONLY,
    (_STORAGE, "volumeattachments", "status"): status.STATUS_ONLY,
}

CONVERSIONS: Final[Mapping[tuple[str, str, str], tuple[Callable[[Object], Object], Callable[[Object], Object]]]] = {
    ("events.k8s.io", "v1", "events"): (event.to_core, event.from_core)
}
"""(group, version, plural) -> (to the stored version, from it)."""
