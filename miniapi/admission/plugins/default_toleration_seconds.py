"""DefaultTolerationSeconds: pods stay a while on nodes that are not ready or unreachable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from miniapi.admission.interface import Attributes, Operation
from miniapi.kinds.kind import Kind

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"


class DefaultTolerationSeconds:
    """Tolerates both taints for a number of seconds unless the pod says otherwise."""

    name = "DefaultTolerationSeconds"

    def __init__(self, not_ready_seconds: int = 300, unreachable_seconds: int = 300) -> None:
        self._seconds = {NOT_READY: not_ready_seconds, UNREACHABLE: unreachable_seconds}

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and kind.group_resource == "pods" and not subresource

    async def admit(self, attributes: Attributes) -> None:
        if attributes.obj is None:
            return
        spec = attributes.obj["spec"]
        given = spec.get("tolerations") or []
        missing = [key for key in self._seconds if not _tolerates(given, key)]
        if missing:
            spec["tolerations"] = given + [
                {"key": k, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": self._seconds[k]}
                for k in missing
            ]


def _tolerates(tolerations: Sequence[dict[str, Any]], key: str) -> bool:
    return any(t.get("key", "") in (key, "") and t.get("effect", "") in ("NoExecute", "") for t in tolerations)
