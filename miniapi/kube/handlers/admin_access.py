"""Administrators' access to devices, which only namespaces with a label for it may ask for.

As pkg/registry/resource/utils.go has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from miniapi import errors
from miniapi.authn.interface import ObjectGetter
from miniapi.endpoints.scope import Hooks
from miniapi.meta.objects import Object
from miniapi.strategies.interface import WriteContext

GROUP = "resource.k8s.io"
LABEL = "resource.kubernetes.io/admin-access"

Place = tuple[str, str, str]
"""(group, plural, subresource)."""


def admin_access_hooks(objects: ObjectGetter) -> dict[Place, Hooks]:
    """For claims, their templates and what is allocated to a claim."""
    check = _Check(objects)

    async def claim(obj: Object, ctx: WriteContext) -> None:
        await check(obj["kind"], _requests(obj), _REQUESTS, ctx)

    async def template(obj: Object, ctx: WriteContext) -> None:
        await check(obj["kind"], _requests(_spec_of(obj)), _REQUESTS, ctx)

    async def status(obj: Object, old: Object, ctx: WriteContext) -> None:
        if not any(_results(old)):
            await check(obj["kind"], _results(obj), "status.allocation.devices.results", ctx)

    return {
        (GROUP, "resourceclaims", ""): Hooks(before_create=claim),
        (GROUP, "resourceclaimtemplates", ""): Hooks(before_create=template),
        (GROUP, "resourceclaims", "status"): Hooks(before_update=status),
    }


_REQUESTS = "spec.devices.requests"


def _spec_of(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    spec: Mapping[str, Any] = obj.get("spec") or {}
    return spec


def _requests(obj: Mapping[str, Any]) -> list[bool]:
    requests = (_spec_of(obj).get("devices") or {}).get("requests") or ()
    return [(request.get("exactly") or {}).get("adminAccess") is True for request in requests]


def _results(obj: Object) -> list[bool]:
    allocation = (obj.get("status") or {}).get("allocation") or {}
    return [r.get("adminAccess") is True for r in (allocation.get("devices") or {}).get("results") or ()]


class _Check:
    def __init__(self, objects: ObjectGetter) -> None:
        self._objects = objects

    async def __call__(self, kind: str, asked: Iterable[bool], path: str, ctx: WriteContext) -> None:
        """ApiError 422 where the first that asks may not."""
        first = next((i for i, wanted in enumerate(asked) if wanted), None)
        if first is None:
            return
        namespace = await self._objects.get("", "namespaces", "", ctx.namespace)
        labels = ((namespace or {}).get("metadata") or {}).get("labels") or {}
        if labels.get(LABEL) != "true":
            why = f"admin access to devices requires the `{LABEL}: true` label on the containing namespace"
            cause = errors.Cause("FieldValueForbidden", f"Forbidden: {why}", f"{path}[{first}].adminAccess")
            raise errors.invalid(kind, GROUP, ctx.name, [cause])
