"""NamespaceLifecycle: no new objects in namespaces that are missing or ending, no end for the system's own."""

from __future__ import annotations

from miniapi import errors
from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind

IMMORTAL = frozenset({"default", "kube-system", "kube-public"})
_REVIEWS = frozenset({"subjectaccessreviews", "localsubjectaccessreviews"})


class NamespaceLifecycle:
    """admission plugin NamespaceLifecycle."""

    name = "NamespaceLifecycle"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        del subresource
        if kind.plural == "namespaces" and not kind.gvk.group:
            return operation == "DELETE"
        return kind.namespaced and operation == "CREATE" and kind.plural not in _REVIEWS

    async def admit(self, attributes: Attributes) -> None:
        a = attributes
        if a.kind.plural == "namespaces" and not a.kind.gvk.group:
            if a.name in IMMORTAL:
                raise errors.forbidden("namespaces", "", a.name, "this namespace may not be deleted")
            return
        namespace = await self._lister.get("", "namespaces", "", a.namespace)
        if namespace is None:
            raise errors.not_found("namespaces", "", a.namespace)
        if (namespace.get("status") or {}).get("phase") == "Terminating" or namespace["metadata"].get(
            "deletionTimestamp"
        ):
            raised = forbidden(
                a, f"unable to create new content in namespace {a.namespace} because it is being terminated"
            )
            raised.causes = [
                errors.Cause(
                    "NamespaceTerminating", f"namespace {a.namespace} is being terminated", "metadata.namespace"
                )
            ]
            raise raised
