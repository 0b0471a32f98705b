"""PodTolerationRestriction: a namespace says which taints its pods tolerate by default, and which they may."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from miniapi import errors
from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.tolerations import Toleration, merge, verify_against_whitelist
from miniapi.kinds.kind import Kind
from miniapi.meta.pods import qos_class

DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations"
WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
_MEMORY = {"key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule"}
_REFUSED = "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist"


class PodTolerationRestriction:
    """Merges defaults into new pods, and keeps all to a whitelist; the cluster's where a namespace has none."""

    name = "PodTolerationRestriction"

    def __init__(self, lister: Lister, defaults: Sequence[Toleration], whitelist: Sequence[Toleration]) -> None:
        self._lister, self._defaults, self._whitelist = lister, defaults, whitelist

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and kind.group_resource == "pods" and not subresource

    async def admit(self, attributes: Attributes) -> None:
        if attributes.obj is None:
            return
        spec = attributes.obj["spec"]
        tolerations = spec.get("tolerations") or []
        if attributes.operation == "CREATE":
            own = await self._of_namespace(attributes.namespace, DEFAULTS)
            tolerations = merge(self._defaults if own is None else own, tolerations)
        if qos_class(spec) != "BestEffort":
            tolerations = merge(tolerations, [_MEMORY])
        if tolerations:
            spec["tolerations"] = tolerations

    async def validate(self, attributes: Attributes) -> None:
        tolerations = ((attributes.obj or {}).get("spec") or {}).get("tolerations")
        if not tolerations:
            return
        own = await self._of_namespace(attributes.namespace, WHITELIST)
        if not verify_against_whitelist(tolerations, self._whitelist if own is None else own):
            raise errors.server_error(_REFUSED)

    async def _of_namespace(self, name: str, annotation: str) -> list[Toleration] | None:
        """None where the namespace does not say."""
        namespace = await self._lister.get("", "namespaces", "", name)
        if namespace is None:
            raise errors.not_found("namespaces", "", name)
        text = (namespace["metadata"].get("annotations") or {}).get(annotation)
        if text is None:
            return None
        try:
            return list(orjson.loads(text)) if text else []
        except (orjson.JSONDecodeError, TypeError) as problem:
            raise errors.server_error(str(problem)) from None
