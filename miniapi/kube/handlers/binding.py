"""pods/binding and the core Binding: puts a pod on a node, once (pkg/registry/core/pod/storage BindingREST)."""

from __future__ import annotations

from dataclasses import dataclass

from miniapi import errors
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import write_context
from miniapi.kube.handlers.named_create import receive
from miniapi.meta.objects import Object
from miniapi.registry.resource import Resource
from miniapi.storage.interface import KeyConflict
from miniapi.strategies.interface import WriteContext
from miniapi.strategies.pod import assign
from miniapi.validation.binding import validate_pod_binding
from miniapi.wire import Reply


@dataclass(frozen=True, slots=True)
class Binding:
    """Handler of both places."""

    pods: Resource

    async def serve(self, context: Context, scope: Scope) -> Reply:
        """201 with a Status; 409 where the pod has a node; 500 where the binding is invalid, as the original says."""
        create = await receive(context, scope, keep_system_fields=True)
        meta = create.obj["metadata"]
        if create.name != (meta.get("name") or ""):
            raise errors.bad_request("name in URL does not match name in Binding object")
        problems = list(dict.fromkeys(f"{p.path}: {p.message}" for p in validate_pod_binding(create.obj)))
        if problems:
            raise errors.server_error(problems[0] if len(problems) == 1 else "[" + ", ".join(problems) + "]")
        await scope.admission.validate(create.write)
        if not create.name:
            raise errors.bad_request("Name parameter required.")
        ctx = write_context(context, scope, create.name, create.options)
        await self._assign(context.info.namespace, create.name, create.obj, ctx)
        return create.succeeded()

    async def _assign(self, namespace: str, name: str, binding: Object, ctx: WriteContext) -> None:
        current = await self.pods.get(namespace, name)
        while True:
            if current is None:
                raise errors.not_found("pods", "", name)
            pod = self.pods.decode(current)
            self._check_preconditions(pod, binding, current.key)
            assign(pod, binding, ctx)
            if ctx.dry_run:
                return
            try:
                await self.pods.replace(current, pod)
                return
            except KeyConflict as conflict:
                current = conflict.current

    @staticmethod
    def _check_preconditions(pod: Object, binding: Object, key: str) -> None:
        """A binding's uid and resourceVersion name the pod that is meant."""
        meta, wanted = pod["metadata"], binding["metadata"]
        for field, told in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            if wanted.get(field) and wanted[field] != meta.get(field, ""):
                why = (
                    f"StorageError: invalid object, Code: 4, Key: /registry/{key}, ResourceVersion: 0, "
                    f"AdditionalErrorMsg: Precondition failed: {told} in precondition: {wanted[field]}, "
                    f"{told} in object meta: {meta.get(field, '')}"
                )
                raise errors.conflict("pods", "", meta["name"], why)
