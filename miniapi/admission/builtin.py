"""The plugins in their order, and which of them run unless told otherwise (pkg/kubeapiserver/options/plugins.go)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from miniapi.admission.chain import AdmissionChain
from miniapi.admission.interface import Lister, Mutator, Validator, Writer
from miniapi.admission.options import AdmissionOptions
from miniapi.admission.plugins.certificate_approval import CertificateApproval
from miniapi.admission.plugins.certificate_signing import CertificateSigning
from miniapi.admission.plugins.certificate_subject_restriction import CertificateSubjectRestriction
from miniapi.admission.plugins.default_storage_class import DefaultStorageClass
from miniapi.admission.plugins.default_toleration_seconds import DefaultTolerationSeconds
from miniapi.admission.plugins.limit_ranger import LimitRanger
from miniapi.admission.plugins.namespace_lifecycle import NamespaceLifecycle
from miniapi.admission.plugins.persistent_volume_claim_resize import PersistentVolumeClaimResize
from miniapi.admission.plugins.pod_security import PodSecurity
from miniapi.admission.plugins.priority import Priority
from miniapi.admission.plugins.resource_quota import ResourceQuota
from miniapi.admission.plugins.runtime_class import RuntimeClass
from miniapi.admission.plugins.service_account import ServiceAccount
from miniapi.admission.plugins.storage_object_in_use_protection import StorageObjectInUseProtection
from miniapi.admission.plugins.taint_nodes_by_condition import TaintNodesByCondition
from miniapi.authz.interface import Authorizer


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


Plugin = Mutator | Validator
Make = Callable[[Sources], Plugin]

PLUGINS: tuple[tuple[str, Make], ...] = (
    ("NamespaceLifecycle", lambda s: NamespaceLifecycle(s.lister)),
    ("LimitRanger", lambda s: LimitRanger(s.lister)),
    ("ServiceAccount", lambda s: ServiceAccount(s.lister)),
    ("TaintNodesByCondition", lambda s: TaintNodesByCondition()),
    ("PodSecurity", lambda s: PodSecurity(s.lister)),
    ("Priority", lambda s: Priority(s.lister)),
    (
        "DefaultTolerationSeconds",
        lambda s: DefaultTolerationSeconds(s.options.not_ready_seconds, s.options.unreachable_seconds),
    ),
    ("DefaultStorageClass", lambda s: DefaultStorageClass(s.lister)),
    ("StorageObjectInUseProtection", lambda s: StorageObjectInUseProtection()),
    ("PersistentVolumeClaimResize", lambda s: PersistentVolumeClaimResize(s.lister)),
    ("RuntimeClass", lambda s: RuntimeClass(s.lister)),
    ("CertificateApproval", lambda s: CertificateApproval(s.authorizer)),
    ("CertificateSigning", lambda s: CertificateSigning(s.authorizer)),
    ("CertificateSubjectRestriction", lambda s: CertificateSubjectRestriction()),
    ("ResourceQuota", lambda s: ResourceQuota(s.lister, s.live, s.writer)),
)
"""Names are those of the flags; `options.ORDER` says which run by default."""


def build(
    options: AdmissionOptions, lister: Lister, live: Lister, writer: Writer, authorizer: Authorizer
) -> AdmissionChain:
    """The chain of the enabled plugins."""
    sources = Sources(options, lister, live, writer, authorizer)
    wanted = options.enabled()
    plugins = [make(sources) for name, make in PLUGINS if name in wanted]
    mutators = [p for p in plugins if isinstance(p, Mutator)]
    return AdmissionChain(mutators, [p for p in plugins if isinstance(p, Validator)])
