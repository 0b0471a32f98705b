"""OwnerReferencesPermissionEnforcement: owners are set by those who may delete, and block those who may finalize."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.refusal import forbidden
from miniapi.authz.interface import Attributes as Question
from miniapi.authz.interface import Authorizer
from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind, parse_api_version
from miniapi.meta.objects import Object

Reference = dict[str, Any]


class OwnerReferencesPermissionEnforcement:
    """Judges changes of metadata.ownerReferences. `kind_of` finds the owner's kind."""

    name = "OwnerReferencesPermissionEnforcement"

    def __init__(self, authorizer: Authorizer, kind_of: Callable[[GroupVersionKind], Kind | None]) -> None:
        self._authorizer, self._kind_of = authorizer, kind_of

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and (kind.group_resource, subresource) != ("pods", "status")

    async def validate(self, attributes: Attributes) -> None:
        new, old = _references(attributes.obj), _references(attributes.old)
        if new == old:
            return
        kind = attributes.kind
        question = Question(
            attributes.user,
            "delete",
            group=kind.gvk.group,
            version=kind.gvk.version,
            resource=kind.plural,
            subresource=attributes.subresource,
            namespace=attributes.namespace,
            name=attributes.name,
        )
        await self._ask(attributes, question, "cannot set an ownerRef on a resource you can't delete")
        blocked = {ref.get("uid") for ref in old if ref.get("blockOwnerDeletion")}
        for ref in new:
            if ref.get("blockOwnerDeletion") and ref.get("uid") not in blocked:
                await self._ask(
                    attributes,
                    self._finalizers_of(attributes, ref),
                    "cannot set blockOwnerDeletion if an ownerReference refers to a resource "
                    "you can't set finalizers on",
                )

    def _finalizers_of(self, attributes: Attributes, ref: Reference) -> Question:
        group, version = parse_api_version(ref.get("apiVersion") or "")
        kind = self._kind_of(GroupVersionKind(group, version, ref.get("kind") or ""))
        if kind is None:
            why = (
                "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion "
                f'{ref.get("apiVersion")} Kind {ref.get("kind")}: no matches for kind "{ref.get("kind")}" '
                f'in version "{ref.get("apiVersion")}"'
            )
            raise forbidden(attributes, why)
        return Question(
            attributes.user,
            "update",
            group=group,
            version=version,
            resource=kind.plural,
            subresource="finalizers",
            namespace=attributes.namespace if kind.namespaced else "",
            name=ref.get("name") or "",
        )

    async def _ask(self, attributes: Attributes, question: Question, refusal: str) -> None:
        decision = await self._authorizer.authorize(question)
        if decision.verdict != "allow":
            raise forbidden(attributes, f"{refusal}: {decision.reason}, {decision.error or '<nil>'}")


def _references(obj: Object | None) -> list[Reference]:
    found: list[Reference] = ((obj or {}).get("metadata") or {}).get("ownerReferences") or []
    return found
