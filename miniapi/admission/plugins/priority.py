"""Priority: a pod's priority and preemption policy come from its class (plugin/pkg/admission/priority)."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object

GROUP, PLURAL = "scheduling.k8s.io", "priorityclasses"
CLASSES = f"{PLURAL}.{GROUP}"
_COMPUTED = "must not be provided in pod spec; priority admission controller computed"


class Priority:
    """Resolves the class of pods; keeps one global default among the classes."""

    name = "Priority"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and kind.group_resource in ("pods", CLASSES) and not subresource

    async def admit(self, attributes: Attributes) -> None:
        pod, old = attributes.obj, attributes.old
        if pod is None or attributes.kind.plural != "pods":
            return
        if old is None:
            await self._resolve(attributes, pod)
            return
        for field in ("priority", "preemptionPolicy"):
            if pod["spec"].get(field) is None and old["spec"].get(field) is not None:
                pod["spec"][field] = old["spec"][field]

    async def _resolve(self, attributes: Attributes, pod: Object) -> None:
        spec = pod["spec"]
        name, found = spec.get("priorityClassName") or "", None
        if name:
            found = await self._lister.get(GROUP, PLURAL, "", name)
            if found is None:
                raise forbidden(attributes, f"no PriorityClass with name {name} was found")
        else:
            found = await self._default()
            if found is not None:
                spec["priorityClassName"] = found["metadata"]["name"]
        priority = found.get("value", 0) if found is not None else 0
        policy = (found or {}).get("preemptionPolicy") or "PreemptLowerPriority"
        given = spec.get("priority")
        if given is not None and given != priority:
            why = f"the integer value of priority ({given}) {_COMPUTED} {priority} from the given PriorityClass name"
            raise forbidden(attributes, why)
        spec["priority"] = priority
        asked = spec.get("preemptionPolicy")
        if asked is not None and asked != policy:
            why = (
                f"the string value of PreemptionPolicy ({asked}) {_COMPUTED} {policy} from the given PriorityClass name"
            )
            raise forbidden(attributes, why)
        spec["preemptionPolicy"] = policy

    async def validate(self, attributes: Attributes) -> None:
        obj = attributes.obj
        if obj is None or attributes.kind.plural != PLURAL or not obj.get("globalDefault"):
            return
        default = await self._default()
        if default is None:
            return
        name = default["metadata"]["name"]
        if attributes.operation == "CREATE" or name != obj["metadata"].get("name"):
            raise forbidden(
                attributes, f"PriorityClass {name} is already marked as default. Only one default can exist"
            )

    async def _default(self) -> Object | None:
        """The global default; of several, which only a race can make, the one of the lowest value."""
        defaults = [c for c in await self._lister.list(GROUP, PLURAL) if c.get("globalDefault")]
        return min(defaults, key=lambda c: c.get("value", 0)) if defaults else None
