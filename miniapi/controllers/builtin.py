"""The controllers that ship, by the names that --controllers knows them by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from miniapi.client.client import Client
from miniapi.client.informers import SharedInformerFactory
from miniapi.controllers.namespaces import ROOT_CA_NAME, NamespaceContent, NamespaceDeletion
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
    root_ca: str
    """PEM of the CA that clients in the cluster trust."""


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
    return NamespaceDeletion(sources.client, sources.informers.informer("", "v1", "namespaces"), sources.kinds)


CONTROLLERS: dict[str, Callable[[Sources], Controller]] = {
    "serviceaccount": _service_account,
    "root-ca-certificate-publisher": _root_ca,
    "namespace": _namespace,
}


def build(chosen: Sequence[str], sources: Sources) -> list[Controller]:
    """Those that --controllers names: `*` for all, `-NAME` to leave one out."""
    everything = "*" in chosen
    names = [n for n in CONTROLLERS if f"-{n}" not in chosen and (everything or n in chosen)]
    return [CONTROLLERS[name](sources) for name in names]
