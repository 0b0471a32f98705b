"""Kinds that are asked, not kept: what surrounds the answer of a create that stores nothing.

As handlers/create.go does it: decode, own, mutate, then the kind's own answer, which decides for itself when
the validating plugins look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from miniapi.admission.interface import Attributes
from miniapi.endpoints import respond
from miniapi.endpoints.body import decode, read
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import manager_name, write_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import attributes, check_namespace, wipe_system_fields
from miniapi.meta.objects import Object
from miniapi.wire import Reply


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, decoded, defaulted and admitted by those who may change it."""

    context: Context
    scope: Scope
    obj: Object
    write: Attributes

    async def validate(self) -> None:
        """Lets the validating plugins look; raises ApiError where one refuses."""
        await self.scope.admission.validate(self.write)


Answer = Callable[[Question], Awaitable[Object]]


@dataclass(frozen=True, slots=True)
class VirtualHandler:
    """Serves create of one kind or subresource."""

    answer: Answer
    default: Callable[[Object], None] = lambda obj: None
    """What the kind's schema does not say of its defaults."""
    keeps_system_fields: bool = False
    """Whether a uid that the client sends means something (rest.SubresourceObjectMetaPreserver)."""

    async def serve(self, context: Context, scope: Scope) -> Reply:
        """201 with the answer."""
        info = context.info
        negotiated = respond.accepted(context, scope)
        data = await read(context)
        options = write_options(info.query, "CreateOptions")
        obj = decode(context, scope, data, scope.gvk, options.field_validation)
        self.default(obj)
        meta = obj.setdefault("metadata", {})
        if not self.keeps_system_fields:
            wipe_system_fields(meta)
        check_namespace(context, scope, meta)
        name = info.name or meta.get("name") or ""
        write = attributes(context, scope, "CREATE", name, obj, None, options)
        scope.fields.update(None, obj, manager_name(options, context.request.headers.get("User-Agent", "")), write.now)
        await scope.admission.mutate(write)
        return respond.one(scope, await self.answer(Question(context, scope, obj, write)), negotiated, 201)
