"""/scale of custom objects: replicas and selector lie where the definition says
(apiextensions-apiserver/pkg/registry/customresource/etcd.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from miniapi import errors
from miniapi.apiextensions.definition import versions
from miniapi.apiextensions.json_path import simple_path
from miniapi.apiextensions.nested import nested
from miniapi.endpoints.context import Context
from miniapi.endpoints.scale import ScaleHandler
from miniapi.endpoints.scope import Scope
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object, name_of
from miniapi.patch.scale import path_of
from miniapi.validation.field import ErrorList
from miniapi.wire import Reply

_OF_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
_UNREADABLE = (
    'no kind is registered for the type v1.Scale in scheme "k8s.io/apiextensions-apiserver/pkg/apiserver/'
    'customresource_handler.go:781"'
)
"""What a body that is no Scale is told: the original looks for its kind among the custom ones."""


@dataclass(frozen=True, slots=True)
class CustomScale:
    """As the scale of workloads, but an object without replicas has no scale to get."""

    handler: ScaleHandler
    replicas: str
    """The path of the wanted number."""

    async def serve(self, context: Context, scope: Scope) -> Reply:
        """The Scale, as it is or as it became."""
        info = context.info
        if info.verb == "get":
            found = await scope.versioned.resource.get(info.namespace, info.name)
            if found is not None and nested(scope.versioned.object(found), self.replicas, int, "int64")[0] is None:
                raise errors.internal(f'the spec replicas field "{self.replicas}" does not exist')
            return await self.handler.serve(context, scope)
        if info.verb != "update":
            return await self.handler.serve(context, scope)
        try:
            return await self.handler.serve(context, scope)
        except errors.ApiError as problem:
            if "cannot be handled as a Scale" in problem.message or "does not match the expected" in problem.message:
                raise errors.bad_request(_UNREADABLE) from None
            raise


def custom_scale(kind: Kind, crd: Object, paths: Mapping[str, Any]) -> CustomScale:
    """The handler of one version."""
    replicas, shown, selector = paths["specReplicasPath"], paths["statusReplicasPath"], paths.get("labelSelectorPath")

    def show(obj: Object) -> Object:
        wanted, have = _number(obj, replicas), _number(obj, shown)
        status: Object = {"replicas": have}
        if selector and (text := _read(obj, selector, str, "string")):
            status["selector"] = text
        return {
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": {n: obj["metadata"][n] for n in _OF_METADATA if n in obj["metadata"]},
            "spec": {"replicas": wanted} if wanted else {},
            "status": status,
        }

    def put_back(obj: Object, scale: Object) -> None:
        meta, scale_meta = obj["metadata"], scale.get("metadata") or {}
        uid = scale_meta.get("uid")
        if uid and uid != meta.get("uid"):
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {meta.get('uid', '')}"
            raise errors.conflict(kind.plural, kind.gvk.group, name_of(obj), why)
        _put(obj, simple_path(replicas), (scale.get("spec") or {}).get("replicas") or 0)
        if version := scale_meta.get("resourceVersion"):
            meta["resourceVersion"] = version

    return CustomScale(ScaleHandler(show, put_back, _replica_paths(crd), _as_the_object), replicas)


def _as_the_object(_scale: Object, _before: Object) -> ErrorList:
    """Replicas are judged where they are put."""
    return []


def _replica_paths(crd: Object) -> dict[str, tuple[str, ...] | None]:
    group = crd["spec"]["group"]
    found: dict[str, tuple[str, ...] | None] = {}
    for version in versions(crd):
        scale = (version.get("subresources") or {}).get("scale")
        found[f"{group}/{version['name']}"] = path_of(scale["specReplicasPath"]) if scale else None
    return found


def _read(obj: Object, path: str, wanted: type, named: str) -> Any:
    value, problem = nested(obj, path, wanted, named)
    if problem:
        raise errors.server_error(problem)
    return value


def _number(obj: Object, path: str) -> int:
    return int(_read(obj, path, int, "int64") or 0)


def _put(obj: Object, path: tuple[str, ...], value: int) -> None:
    for step in path[:-1]:
        obj = obj.setdefault(step, {})
    obj[path[-1]] = value
