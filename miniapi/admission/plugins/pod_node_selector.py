"""PodNodeSelector: pods of a namespace run on the nodes that are meant for it."""

from __future__ import annotations

from collections.abc import Mapping

from miniapi import errors
from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind

ANNOTATION = "scheduler.alpha.kubernetes.io/node-selector"
DEFAULT = "clusterDefaultNodeSelector"


class PodNodeSelector:
    """Merges the namespace's selector into new pods. `selectors`: a default, and by namespace what is allowed."""

    name = "PodNodeSelector"

    def __init__(self, lister: Lister, selectors: Mapping[str, str]) -> None:
        self._lister, self._selectors = lister, selectors

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "CREATE" and kind.group_resource == "pods" and not subresource

    async def admit(self, attributes: Attributes) -> None:
        if attributes.obj is None:
            return
        spec = attributes.obj["spec"]
        wanted, given = await self._of_namespace(attributes.namespace), spec.get("nodeSelector") or {}
        _check_conflict(attributes, wanted, given)
        if wanted or given:
            spec["nodeSelector"] = {**wanted, **given}

    async def validate(self, attributes: Attributes) -> None:
        given = ((attributes.obj or {}).get("spec") or {}).get("nodeSelector") or {}
        _check_conflict(attributes, await self._of_namespace(attributes.namespace), given)
        allowed = _parse(self._selectors.get(attributes.namespace, ""))
        if allowed and not given.items() <= allowed.items():
            raise forbidden(attributes, "pod node label selector labels conflict with its namespace whitelist")

    async def _of_namespace(self, name: str) -> dict[str, str]:
        namespace = await self._lister.get("", "namespaces", "", name)
        if namespace is None:
            raise errors.internal(f"namespace {name} does not exist")
        annotated = (namespace["metadata"].get("annotations") or {}).get(ANNOTATION)
        return _parse(self._selectors.get(DEFAULT, "") if annotated is None else annotated)


def _check_conflict(attributes: Attributes, wanted: Mapping[str, str], given: Mapping[str, str]) -> None:
    if any(given.get(key, value) != value for key, value in wanted.items()):
        raise forbidden(attributes, "pod node label selector conflicts with its namespace node label selector")


def _parse(selector: str) -> dict[str, str]:
    """labels.ConvertSelectorToLabelsMap: `a=b,c=d`. ApiError 500 for what is not of that form."""
    labels: dict[str, str] = {}
    for term in selector.split(",") if selector else ():
        key, equals, value = term.partition("=")
        if not equals or "=" in value:
            raise errors.server_error(f"invalid selector: {term.split('=')}")
        labels[key.strip()] = value.strip()
    return labels
