"""The plugins in their order, and which of them run unless told otherwise (pkg/kubeapiserver/options/plugins.go)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from miniapi.admission.chain import AdmissionChain
from miniapi.admission.configuration import Configuration
from miniapi.admission.interface import Lister, Mutator, Validator, Writer
from miniapi.admission.matching.matcher import Equivalents, Matcher
from miniapi.admission.options import AdmissionOptions
from miniapi.admission.plugins.always_admit import AlwaysAdmit
from miniapi.admission.plugins.always_deny import AlwaysDeny
from miniapi.admission.plugins.always_pull_images import AlwaysPullImages
from miniapi.admission.plugins.certificate_approval import CertificateApproval
from miniapi.admission.plugins.certificate_signing import CertificateSigning
from miniapi.admission.plugins.certificate_subject_restriction import CertificateSubjectRestriction
from miniapi.admission.plugins.cluster_trust_bundle_attest import ClusterTrustBundleAttest
from miniapi.admission.plugins.default_ingress_class import DefaultIngressClass
from miniapi.admission.plugins.default_storage_class import DefaultStorageClass
from miniapi.admission.plugins.default_toleration_seconds import DefaultTolerationSeconds
from miniapi.admission.plugins.deny_service_external_ips import DenyServiceExternalIPs
from miniapi.admission.plugins.event_rate_limit import EventRateLimit
from miniapi.admission.plugins.extended_resource_toleration import ExtendedResourceToleration
from miniapi.admission.plugins.limit_pod_hard_anti_affinity_topology import LimitPodHardAntiAffinityTopology
from miniapi.admission.plugins.limit_ranger import LimitRanger
from miniapi.admission.plugins.mutating_policy import MutatingAdmissionPolicy
from miniapi.admission.plugins.mutating_webhook import MutatingAdmissionWebhook
from miniapi.admission.plugins.namespace_auto_provision import NamespaceAutoProvision
from miniapi.admission.plugins.namespace_exists import NamespaceExists
from miniapi.admission.plugins.namespace_lifecycle import NamespaceLifecycle
from miniapi.admission.plugins.node_restriction import NodeRestriction
from miniapi.admission.plugins.owner_references_permission_enforcement import OwnerReferencesPermissionEnforcement
from miniapi.admission.plugins.persistent_volume_claim_resize import PersistentVolumeClaimResize
from miniapi.admission.plugins.pod_node_selector import PodNodeSelector
from miniapi.admission.plugins.pod_resize_validator import PodResizeValidator
from miniapi.admission.plugins.pod_security import PodSecurity
from miniapi.admission.plugins.pod_toleration_restriction import PodTolerationRestriction
from miniapi.admission.plugins.pod_topology_labels import PodTopologyLabels
from miniapi.admission.plugins.priority import Priority
from miniapi.admission.plugins.resource_quota import ResourceQuota
from miniapi.admission.plugins.runtime_class import RuntimeClass
from miniapi.admission.plugins.service_account import ServiceAccount
from miniapi.admission.plugins.storage_object_in_use_protection import StorageObjectInUseProtection
from miniapi.admission.plugins.taint_nodes_by_condition import TaintNodesByCondition
from miniapi.admission.plugins.validating_policy import ValidatingAdmissionPolicy
from miniapi.admission.plugins.validating_webhook import ValidatingAdmissionWebhook
from miniapi.admission.policies.params import Params, ResourceOf
from miniapi.admission.policies.source import Policies
from miniapi.admission.webhooks.asking import Caller
from miniapi.admission.webhooks.conditions import Conditions
from miniapi.admission.webhooks.hook import Hooks
from miniapi.authz.interface import Authorizer
from miniapi.client.informers import SharedInformer
from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind

_GROUP = "admissionregistration.k8s.io"


@dataclass(frozen=True, slots=True)
class Sources:
    """What plugins are made of."""

    options: AdmissionOptions
    lister: Lister
    """May lag behind by a moment."""
    live: Lister
    """Reads what is stored now."""
    writer: Writer
    authorizer: Authorizer
    kind_of: Callable[[GroupVersionKind], Kind | None]
    """The kind of an owner reference."""
    resource_of: ResourceOf
    """Of any kind that is served, custom ones included."""
    informer: Callable[[str, str, str], SharedInformer]
    """The shared informer of a group, version and plural."""
    caller: Caller
    equivalents: Equivalents
    configuration: Configuration = field(default_factory=Configuration)


Plugin = Mutator | Validator
Make = Callable[[Sources], Plugin]


def _toleration_seconds(s: Sources) -> Plugin:
    return DefaultTolerationSeconds(s.options.not_ready_seconds, s.options.unreachable_seconds)


def _toleration_restriction(s: Sources) -> Plugin:
    c = s.configuration
    return PodTolerationRestriction(s.live, c.default_tolerations, c.toleration_whitelist)


def _quota(s: Sources) -> Plugin:
    return ResourceQuota(s.lister, s.live, s.writer, s.configuration.limited_resources)


def _hooks(s: Sources, plural: str) -> tuple[Hooks, Matcher, Conditions, Caller]:
    hooks = Hooks(s.informer(_GROUP, "v1", plural))
    return hooks, Matcher(s.live, s.equivalents), Conditions(s.authorizer), s.caller


def _policies(s: Sources, policies: str, bindings: str) -> tuple[Policies, Matcher, Params, Authorizer]:
    source = Policies(s.informer(_GROUP, "v1", policies), s.informer(_GROUP, "v1", bindings))
    return source, Matcher(s.live, s.equivalents), Params(s.resource_of, s.informer), s.authorizer


PLUGINS: tuple[tuple[str, Make], ...] = (
    ("AlwaysAdmit", lambda s: AlwaysAdmit()),
    ("NamespaceAutoProvision", lambda s: NamespaceAutoProvision(s.live, s.writer)),
    ("NamespaceLifecycle", lambda s: NamespaceLifecycle(s.live)),
    ("NamespaceExists", lambda s: NamespaceExists(s.live)),
    ("LimitPodHardAntiAffinityTopology", lambda s: LimitPodHardAntiAffinityTopology()),
    ("LimitRanger", lambda s: LimitRanger(s.lister)),
    ("ServiceAccount", lambda s: ServiceAccount(s.lister)),
    ("NodeRestriction", lambda s: NodeRestriction(s.lister, s.authorizer)),
    ("TaintNodesByCondition", lambda s: TaintNodesByCondition()),
    ("AlwaysPullImages", lambda s: AlwaysPullImages()),
    ("PodSecurity", lambda s: PodSecurity(s.live, s.configuration.pod_security, s.configuration.exemptions)),
    ("PodNodeSelector", lambda s: PodNodeSelector(s.live, s.configuration.node_selectors)),
    ("Priority", lambda s: Priority(s.lister)),
    ("DefaultTolerationSeconds", _toleration_seconds),
    ("PodTolerationRestriction", _toleration_restriction),
    ("EventRateLimit", lambda s: EventRateLimit(s.configuration.event_limits)),
    ("ExtendedResourceToleration", lambda s: ExtendedResourceToleration()),
    ("DefaultStorageClass", lambda s: DefaultStorageClass(s.lister)),
    ("StorageObjectInUseProtection", lambda s: StorageObjectInUseProtection()),
    (
        "OwnerReferencesPermissionEnforcement",
        lambda s: OwnerReferencesPermissionEnforcement(s.authorizer, s.kind_of),
    ),
    ("PersistentVolumeClaimResize", lambda s: PersistentVolumeClaimResize(s.lister)),
    ("RuntimeClass", lambda s: RuntimeClass(s.lister)),
    ("CertificateApproval", lambda s: CertificateApproval(s.authorizer)),
    ("CertificateSigning", lambda s: CertificateSigning(s.authorizer)),
    ("ClusterTrustBundleAttest", lambda s: ClusterTrustBundleAttest(s.authorizer)),
    ("CertificateSubjectRestriction", lambda s: CertificateSubjectRestriction()),
    ("DefaultIngressClass", lambda s: DefaultIngressClass(s.lister)),
    ("DenyServiceExternalIPs", lambda s: DenyServiceExternalIPs()),
    ("PodTopologyLabels", lambda s: PodTopologyLabels(s.lister)),
    ("PodResizeValidator", lambda s: PodResizeValidator(s.lister)),
    (
        "MutatingAdmissionPolicy",
        lambda s: MutatingAdmissionPolicy(
            *_policies(s, "mutatingadmissionpolicies", "mutatingadmissionpolicybindings")
        ),
    ),
    (
        "MutatingAdmissionWebhook",
        lambda s: MutatingAdmissionWebhook(*_hooks(s, "mutatingwebhookconfigurations")),
    ),
    (
        "ValidatingAdmissionPolicy",
        lambda s: ValidatingAdmissionPolicy(
            *_policies(s, "validatingadmissionpolicies", "validatingadmissionpolicybindings")
        ),
    ),
    (
        "ValidatingAdmissionWebhook",
        lambda s: ValidatingAdmissionWebhook(*_hooks(s, "validatingwebhookconfigurations")),
    ),
    ("ResourceQuota", _quota),
    ("AlwaysDeny", lambda s: AlwaysDeny()),
)
"""Names are those of the flags; `options.ORDER` says which run by default."""


CONFIGURED_BY: Mapping[str, tuple[str, ...]] = {
    "MutatingAdmissionPolicy": ("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"),
    "MutatingAdmissionWebhook": ("MutatingWebhookConfiguration",),
    "ValidatingAdmissionPolicy": ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
    "ValidatingAdmissionWebhook": ("ValidatingWebhookConfiguration",),
}
"""Kinds whose objects tell a plugin what to do."""


def _configurable(sources: Sources, plugin: str) -> bool:
    """Whether those kinds are served: other releases, and --runtime-config, may do without them."""
    kinds = CONFIGURED_BY.get(plugin, ())
    return all(sources.kind_of(GroupVersionKind(_GROUP, "v1", kind)) is not None for kind in kinds)


def build(sources: Sources) -> AdmissionChain:
    """The chain of the enabled plugins."""
    wanted = sources.options.enabled()
    plugins = [make(sources) for name, make in PLUGINS if name in wanted and _configurable(sources, name)]
    mutators = [p for p in plugins if isinstance(p, Mutator)]
    return AdmissionChain(mutators, [p for p in plugins if isinstance(p, Validator)])
