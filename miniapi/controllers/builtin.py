"""The controllers that ship, by the names that --controllers knows them by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from miniapi.authn.legacy_service_account import SECRET_TYPE, LegacyTokens
from miniapi.client.client import Client
from miniapi.client.informers import SharedInformer, SharedInformerFactory
from miniapi.clock import utc_now
from miniapi.controllers import flow_schema_status
from miniapi.controllers.certificate_approving import CertificateApproving
from miniapi.controllers.certificate_authority import CertificateAuthority
from miniapi.controllers.certificate_signing import CertificateSigning
from miniapi.controllers.cluster_role_aggregation import ClusterRoleAggregation
from miniapi.controllers.disruption import Disruption
from miniapi.controllers.flow_schema_status import FlowSchemaStatus
from miniapi.controllers.garbage_collector import GarbageCollector
from miniapi.controllers.namespaces import ROOT_CA_NAME, NamespaceContent, NamespaceDeletion
from miniapi.controllers.resource_quota import ResourceQuotas
from miniapi.controllers.service_account_tokens import ServiceAccountTokens
from miniapi.controllers.storage_protection import claim_protection, volume_protection
from miniapi.controllers.ttl_after_finished import TtlAfterFinished
from miniapi.kinds.kind import Kind


class Controller(Protocol):
    """Keeps the cluster as its objects say."""

    async def run(self) -> None:
        """Until cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What controllers draw on."""

    client: Client
    informers: SharedInformerFactory
    kinds: Iterable[Kind]
    """The built-in ones."""
    custom_kinds: Callable[[], Iterable[Kind]]
    """Those that are defined now."""
    root_ca: str
    """PEM of the CA that clients in the cluster trust."""
    authority: CertificateAuthority | None
    """Signs certificates for clients and kubelets; None where the server has no CA of its own."""
    legacy_tokens: LegacyTokens
    """Of secrets that hold tokens."""


def _service_account(sources: Sources) -> Controller:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    namespaces = sources.informers.informer("", "v1", "namespaces")
    return NamespaceContent(sources.client, namespaces, [("serviceaccounts", account)])


def _root_ca(sources: Sources) -> Controller:
    data = {"ca.crt": sources.root_ca}
    bundle = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": ROOT_CA_NAME}, "data": data}
    namespaces = sources.informers.informer("", "v1", "namespaces")
    return NamespaceContent(sources.client, namespaces, [("configmaps", bundle)])


def _namespace(sources: Sources) -> Controller:
    namespaces = sources.informers.informer("", "v1", "namespaces")
    return NamespaceDeletion(sources.client, namespaces, sources.kinds, sources.custom_kinds)


def _service_account_tokens(sources: Sources) -> Controller:
    informers = sources.informers
    secrets = informers.informer("", "v1", "secrets", selectors={"fieldSelector": f"type={SECRET_TYPE}"})
    accounts = informers.informer("", "v1", "serviceaccounts")
    return ServiceAccountTokens(sources.client, secrets, accounts, sources.legacy_tokens, sources.root_ca)


def _cluster_role_aggregation(sources: Sources) -> Controller:
    roles = sources.informers.informer("rbac.authorization.k8s.io", "v1", "clusterroles")
    return ClusterRoleAggregation(sources.client, roles)


def _certificate_approving(sources: Sources) -> Controller:
    return CertificateApproving(sources.client, _certificate_requests(sources))


def _certificate_signing(sources: Sources) -> Controller | None:
    if sources.authority is None:
        return None
    return CertificateSigning(sources.client, _certificate_requests(sources), sources.authority, utc_now)


def _certificate_requests(sources: Sources) -> SharedInformer:
    return sources.informers.informer("certificates.k8s.io", "v1", "certificatesigningrequests")


def _garbage_collector(sources: Sources) -> Controller:
    definitions = sources.informers.informer("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    return GarbageCollector(sources.client, definitions, sources.kinds)


def _resource_quota(sources: Sources) -> Controller:
    return ResourceQuotas(sources.client, sources.informers, sources.kinds, sources.custom_kinds, utc_now)


def _disruption(sources: Sources) -> Controller:
    return Disruption(sources.client, sources.informers, utc_now)


def _ttl_after_finished(sources: Sources) -> Controller:
    return TtlAfterFinished(sources.client, sources.informers.informer("batch", "v1", "jobs"), utc_now)


def _claim_protection(sources: Sources) -> Controller:
    claims, pods = (sources.informers.informer("", "v1", p) for p in ("persistentvolumeclaims", "pods"))
    return claim_protection(sources.client, claims, pods)


def _volume_protection(sources: Sources) -> Controller:
    return volume_protection(sources.client, sources.informers.informer("", "v1", "persistentvolumes"))


CONTROLLERS: dict[str, Callable[[Sources], Controller | None]] = {
    "serviceaccount": _service_account,
    "root-ca-certificate-publisher": _root_ca,
    "namespace": _namespace,
    "serviceaccount-token": _service_account_tokens,
    "clusterrole-aggregation": _cluster_role_aggregation,
    "csrapproving": _certificate_approving,
    "csrsigning": _certificate_signing,
    "garbagecollector": _garbage_collector,
    "resourcequota": _resource_quota,
    "disruption": _disruption,
    "ttl-after-finished": _ttl_after_finished,
    "pvc-protection": _claim_protection,
    "pv-protection": _volume_protection,
}


def _of_the_server(sources: Sources) -> list[Controller]:
    """What the original's API server does by itself."""
    if not any((kind.gvk.group, kind.gvk.version) == (flow_schema_status.GROUP, "v1") for kind in sources.kinds):
        return []  # releases before 1.29
    schemas, levels = (
        sources.informers.informer(flow_schema_status.GROUP, "v1", plural)
        for plural in ("flowschemas", "prioritylevelconfigurations")
    )
    return [FlowSchemaStatus(sources.client, schemas, levels, utc_now)]


def build(chosen: Sequence[str], sources: Sources) -> list[Controller]:
    """The server's own, and those that --controllers names: `*` for all, `-NAME` to leave one out."""
    everything = "*" in chosen
    names = [n for n in CONTROLLERS if f"-{n}" not in chosen and (everything or n in chosen)]
    made = (CONTROLLERS[name](sources) for name in names)
    return _of_the_server(sources) + [controller for controller in made if controller is not None]
