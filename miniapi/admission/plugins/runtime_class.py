"""RuntimeClass: what a class costs and where it runs becomes part of the pod."""

from __future__ import annotations

from typing import Any

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.refusal import forbidden
from miniapi.admission.tolerations import merge
from miniapi.errors import server_error
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object
from miniapi.meta.quantity import equal_text

_UNLIKE = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
_WITHOUT_CLASS = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"


class RuntimeClass:
    """Sets overhead, node selector and tolerations of new pods from their class."""

    name = "RuntimeClass"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation == "CREATE" and kind.group_resource == "pods" and not subresource

    async def admit(self, attributes: Attributes) -> None:
        if attributes.obj is None:
            return
        spec = attributes.obj["spec"]
        found = await self._class_of(attributes, spec)
        if found is None:
            return
        fixed = _overhead(found)
        if fixed is not None:
            if spec.get("overhead") is not None and not _same(fixed, spec["overhead"]):
                raise forbidden(attributes, _UNLIKE)
            spec["overhead"] = dict(fixed)
        scheduling = found.get("scheduling")
        if scheduling:
            _schedule(attributes, spec, scheduling)

    async def validate(self, attributes: Attributes) -> None:
        if attributes.obj is None:
            return
        spec = attributes.obj["spec"]
        if not spec.get("overhead") and not spec.get("runtimeClassName"):
            return
        found = await self._class_of(attributes, spec)
        fixed = _overhead(found) if found is not None else None
        if fixed is None:
            if spec.get("overhead") is not None:
                raise forbidden(attributes, _WITHOUT_CLASS)
        elif not _same(fixed, spec.get("overhead") or {}):
            raise forbidden(attributes, _UNLIKE)

    async def _class_of(self, attributes: Attributes, spec: dict[str, Any]) -> Object | None:
        name = spec.get("runtimeClassName")
        if name is None:
            return None
        if not name:
            raise server_error("resource name may not be empty")
        found = await self._lister.get("node.k8s.io", "runtimeclasses", "", name)
        if found is None:
            raise forbidden(attributes, f'pod rejected: RuntimeClass "{name}" not found')
        return found


def _overhead(runtime_class: Object) -> dict[str, str] | None:
    overhead = runtime_class.get("overhead")
    return None if overhead is None else overhead.get("podFixed") or {}


def _same(a: dict[str, str], b: dict[str, str]) -> bool:
    return a.keys() == b.keys() and all(equal_text(str(a[name]), str(b[name])) for name in a)


def _schedule(attributes: Attributes, spec: dict[str, Any], scheduling: dict[str, Any]) -> None:
    selector = dict(spec.get("nodeSelector") or {})
    for key, value in sorted((scheduling.get("nodeSelector") or {}).items()):
        if selector.get(key, value) != value:
            raise forbidden(
                attributes,
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
                f"pod.spec.nodeSelector[{key}] = {selector[key]}",
            )
        selector[key] = value
    if selector:
        spec["nodeSelector"] = selector
    tolerations = merge(spec.get("tolerations") or [], scheduling.get("tolerations") or [])
    if tolerations:
        spec["tolerations"] = tolerations
